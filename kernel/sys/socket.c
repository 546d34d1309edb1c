// socket(2) and socketpair(2).
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "../net/socket.h"
#include "syscall.h"

enum { SOCK_CLOEXEC = O_CLOEXEC, SOCK_NONBLOCK = O_NONBLOCK };

SET_DECLARE(socket_family, struct socket_family);

static const struct socket_family *find_family(int family) {
    SET_FOR_EACH (known, socket_family, struct socket_family) {
        if (known->family == family) {
            return known;
        }
    }
    return NULL;
}

// The family, or NULL and *error.
static const struct socket_family *check(int number, int type, int *error) {
    int kind = type & SOCK_TYPE_MASK;
    if ((type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) {
        *error = -EINVAL;
        return NULL;
    }
    const struct socket_family *family = find_family(number);
    *error = family == NULL ? -EAFNOSUPPORT : -EINVAL;
    return kind >= SOCK_LIMIT && number >= 0 && number < AF_LIMIT ? NULL : family;
}

static int open_socket(const struct socket_family *family, int type, int protocol,
                       struct file **file) {
    struct socket *made;
    int error = family->create(type & SOCK_TYPE_MASK, protocol, &made);
    if (error != 0) {
        return error;
    }
    *file = socket_file_new(made, (uint32_t)type & SOCK_NONBLOCK);
    if (*file == NULL) {
        made->ops->close(made);
        return -ENFILE;
    }
    return 0;
}

SYSCALL(socket)(int family, int type, int protocol) {
    int error;
    struct file *file;
    const struct socket_family *found = check(family, type, &error);
    if (found == NULL) {
        return error;
    }
    error = open_socket(found, type, protocol, &file);
    return error != 0 ? error : fd_install(file, 0, (type & SOCK_CLOEXEC) != 0);
}

static int open_pair(const struct socket_family *family, int type, int protocol,
                     struct file *files[2]) {
    int error = open_socket(family, type, protocol, &files[0]);
    if (error != 0) {
        return error;
    }
    error = open_socket(family, type, protocol, &files[1]);
    if (error != 0) {
        file_release(files[0]);
        return error;
    }
    error =
        family->pair == NULL ? -EOPNOTSUPP : family->pair(socket_of(files[0]), socket_of(files[1]));
    if (error != 0) {
        file_release(files[0]);
        file_release(files[1]);
    }
    return error;
}

SYSCALL(socketpair)(int family, int type, int protocol, int __user *fds) {
    int error;
    struct file *files[2];
    const struct socket_family *found = check(family, type, &error);
    if (found == NULL) {
        return error;
    }
    error = open_pair(found, type, protocol, files);
    return error != 0 ? error : fd_install_pair(files, fds, (type & SOCK_CLOEXEC) != 0);
}
