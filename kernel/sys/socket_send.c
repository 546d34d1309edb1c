// sendto(2) and recvfrom(2).
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "../net/socket.h"
#include "file.h"
#include "syscall.h"

NEEDS_CONSOLE_INPUT; // a descriptor of the terminal may come in a message

enum { LENGTH_MAX = 0x7ffff000 };

static uint32_t all_flags(const struct file *file, unsigned int flags) {
    return (file->flags & O_NONBLOCK) != 0 ? flags | MSG_DONTWAIT : flags;
}

SYSCALL(sendto)
(int fd, const void __user *buf, size_t len, unsigned int flags, const void __user *addr,
 int addrlen) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    struct socket_message message = {.flags = all_flags(file, flags)};
    uio_init_user(&message.data, (uint64_t)buf, MIN(len, (size_t)LENGTH_MAX));
    error = addr == NULL ? 0 : socket_address_get(&message.address, addr, addrlen);
    long result = error != 0 ? error : socket->ops->send(socket, &message);
    file_release(file);
    return result;
}

SYSCALL(recvfrom)
(int fd, void __user *buf, size_t len, unsigned int flags, void __user *addr, int __user *addrlen) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    struct socket_message message = {.flags = all_flags(file, flags)};
    uio_init_user(&message.data, (uint64_t)buf, MIN(len, (size_t)LENGTH_MAX));
    long result = socket->ops->receive(socket, &message);
    socket_rights_free(message.control.rights); // nobody can tell their numbers
    if (result >= 0 && addr != NULL) {
        error = socket_address_put(&message.address, addr, addrlen);
        result = error != 0 ? error : result;
    }
    file_release(file);
    return result;
}
