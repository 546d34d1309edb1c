// getsockopt(2) and setsockopt(2).
#include <asm/errno.h>
#include <asm/socket.h>

#include "../net/socket.h"
#include "syscall.h"

SYSCALL(setsockopt)
(int fd, int level, int optname, const void __user *optval, int optlen) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    long result = optlen < 0 ? -EINVAL : -EOPNOTSUPP;
    if (result == -EOPNOTSUPP && level == SOL_SOCKET) {
        result = socket_option_set(socket, optname, optval, optlen);
    } else if (result == -EOPNOTSUPP && socket->ops->option_set != NULL) {
        result = socket->ops->option_set(socket, level, optname, optval, optlen);
    }
    file_release(file);
    return result;
}

SYSCALL(getsockopt)
(int fd, int level, int optname, void __user *optval, int __user *optlen) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct socket *socket = socket_of(file);
    long result = -EOPNOTSUPP;
    if (level == SOL_SOCKET) {
        result = socket_option_get(socket, optname, optval, optlen);
    } else if (socket->ops->option_get != NULL) {
        result = socket->ops->option_get(socket, level, optname, optval, optlen);
    }
    file_release(file);
    return result;
}
