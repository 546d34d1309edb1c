// bind(2), listen(2), accept4(2), connect(2), shutdown(2), getsockname(2), getpeername(2).
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "../net/socket.h"
#include "syscall.h"

enum { SOCK_CLOEXEC = O_CLOEXEC, SOCK_NONBLOCK = O_NONBLOCK };

SYSCALL(bind)(int fd, const void __user *addr, int addrlen) {
    int error;
    struct socket_address address;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    error = socket_address_get(&address, addr, addrlen);
    if (error == 0) {
        error = socket->ops->bind == NULL ? -EOPNOTSUPP : socket->ops->bind(socket, &address);
    }
    file_release(file);
    return error;
}

SYSCALL(connect)(int fd, const void __user *addr, int addrlen) {
    int error;
    struct socket_address address;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    error = socket_address_get(&address, addr, addrlen);
    if (error == 0) {
        error = socket->ops->connect == NULL
                    ? -EOPNOTSUPP
                    : socket->ops->connect(socket, &address, file->flags & O_NONBLOCK);
    }
    file_release(file);
    return error;
}

SYSCALL(listen)(int fd, int backlog) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    int most = backlog < 0 ? BACKLOG_MAX : MIN(backlog, BACKLOG_MAX);
    error = socket->ops->listen == NULL ? -EOPNOTSUPP : socket->ops->listen(socket, most);
    file_release(file);
    return error;
}

SYSCALL(shutdown)(int fd, int how) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    error = socket->ops->shutdown == NULL ? -EOPNOTSUPP : socket->ops->shutdown(socket, how);
    file_release(file);
    return error;
}

// --- accept -------------------------------------------------------------------------------------

static int put_peer(struct socket *socket, void __user *addr, int __user *addrlen) {
    struct socket_address address;
    if (addr == NULL) {
        return 0;
    }
    int error = socket->ops->peer_name(socket, &address);
    return error != 0 ? -ECONNABORTED : socket_address_put(&address, addr, addrlen);
}

static int accept_from(const struct file *listener, void __user *addr, int __user *addrlen,
                       int flags) {
    struct socket *socket = socket_of(listener), *accepted;
    int error = socket->ops->accept == NULL
                    ? -EOPNOTSUPP
                    : socket->ops->accept(socket, listener->flags & O_NONBLOCK, &accepted);
    if (error != 0) {
        return error;
    }
    struct file *file = socket_file_new(accepted, (uint32_t)flags & SOCK_NONBLOCK);
    if (file == NULL) {
        accepted->ops->close(accepted);
        return -ENFILE;
    }
    error = put_peer(accepted, addr, addrlen);
    if (error != 0) {
        file_release(file);
        return error;
    }
    return fd_install(file, 0, (flags & SOCK_CLOEXEC) != 0);
}

static int accept(int fd, void __user *addr, int __user *addrlen, int flags) {
    int error;
    if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    struct file *listener = socket_file(fd, &error);
    if (listener == NULL) {
        return error;
    }
    int result = accept_from(listener, addr, addrlen, flags);
    file_release(listener);
    return result;
}

SYSCALL(accept)(int fd, void __user *addr, int __user *addrlen) {
    return accept(fd, addr, addrlen, 0);
}

SYSCALL(accept4)(int fd, void __user *addr, int __user *addrlen, int flags) {
    return accept(fd, addr, addrlen, flags);
}

// --- names --------------------------------------------------------------------------------------

typedef int (*name_fn)(struct socket *socket, struct socket_address *address);

static int put_name(struct socket *socket, name_fn name, void __user *addr, int __user *addrlen) {
    struct socket_address address;
    int error = name == NULL ? -EOPNOTSUPP : name(socket, &address);
    return error != 0 ? error : socket_address_put(&address, addr, addrlen);
}

SYSCALL(getsockname)(int fd, void __user *addr, int __user *addrlen) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    error = put_name(socket, socket->ops->own_name, addr, addrlen);
    file_release(file);
    return error;
}

SYSCALL(getpeername)(int fd, void __user *addr, int __user *addrlen) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    error = put_name(socket, socket->ops->peer_name, addr, addrlen);
    file_release(file);
    return error;
}
