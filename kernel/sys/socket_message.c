// sendmsg(2) and recvmsg(2).
#include "socket_message.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/uio.h>

#include "syscall.h"
#include "usercopy.h"
#include "vectors.h"

enum { LENGTH_MAX = 0x7ffff000 };
#define MSG_CMSG_COMPAT 0x80000000U // the kernel's own: a 32-bit caller

NEEDS_CONSOLE_INPUT; // a descriptor of the terminal may come in a message

static int get_header(struct msghdr *header, const struct msghdr __user *from) {
    if (copy_from_user(header, from, sizeof(*header)) != 0) {
        return -EFAULT;
    }
    if (header->name == NULL) {
        header->name_length = 0;
    }
    if (header->name_length < 0) {
        return -EINVAL;
    }
    header->name_length = MIN(header->name_length, SOCKET_ADDRESS_MAX);
    return header->vector_count > UIO_MAXIOV ? -EMSGSIZE : 0;
}

static void start(struct socket_message *message, const struct vectors *vectors,
                  const struct file *file, uint32_t flags) {
    uio_init_vectors(&message->data, vectors->items, vectors->count, vectors->total);
    message->data.remaining = MIN(message->data.remaining, (size_t)LENGTH_MAX);
    message->flags = flags | ((file->flags & O_NONBLOCK) != 0 ? MSG_DONTWAIT : 0);
}

static long send_vectors(const struct file *file, const struct msghdr *header,
                         const struct vectors *vectors, uint32_t flags) {
    struct socket *socket = socket_of(file);
    struct socket_message message = {0};
    start(&message, vectors, file, flags);
    int error = socket_address_get(&message.address, header->name, header->name_length);
    if (error == 0) {
        error = socket_control_get(&message.control, header->control, header->control_length);
    }
    if (error != 0) {
        return error;
    }
    long result = socket->ops->send(socket, &message);
    socket_rights_free(message.control.rights);
    return result;
}

long socket_send_message(const struct file *file, const struct msghdr __user *from,
                         uint32_t flags) {
    struct msghdr header;
    struct vectors vectors;
    int error = get_header(&header, from);
    if (error != 0) {
        return error;
    }
    long result = vectors_read(&vectors, header.vectors, header.vector_count);
    if (result == 0) {
        result = send_vectors(file, &header, &vectors, flags);
    }
    vectors_free(&vectors);
    return result;
}

SYSCALL(sendmsg)(int fd, const void __user *msg, unsigned int flags) {
    int error = -EINVAL;
    struct file *file = (flags & MSG_CMSG_COMPAT) != 0 ? NULL : socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    long result = socket_send_message(file, msg, flags);
    file_release(file);
    return result;
}

// --- receiving ----------------------------------------------------------------------------------

static int put_name(const struct socket_message *message, const struct msghdr *header,
                    struct msghdr __user *to) {
    if (header->name == NULL) {
        return 0;
    }
    return socket_address_put(&message->address, header->name, &to->name_length);
}

static long receive_vectors(const struct file *file, const struct msghdr *header,
                            const struct vectors *vectors, struct msghdr __user *to,
                            uint32_t flags) {
    struct socket *socket = socket_of(file);
    struct socket_message message = {.result_flags = flags & MSG_CMSG_CLOEXEC};
    size_t control_used = 0;
    start(&message, vectors, file, flags);
    long result = socket->ops->receive(socket, &message);
    if (result < 0) {
        socket_rights_free(message.control.rights);
        return result;
    }
    socket_control_put(&message, header->control, header->control_length, &control_used);
    bool told = put_name(&message, header, to) == 0 &&
                put_user(message.result_flags, &to->flags) == 0 &&
                put_user(control_used, &to->control_length) == 0;
    return told ? result : -EFAULT;
}

long socket_receive_message(const struct file *file, struct msghdr __user *to, uint32_t flags) {
    struct msghdr header;
    struct vectors vectors;
    int error = get_header(&header, to);
    if (error != 0) {
        return error;
    }
    long result = vectors_read(&vectors, header.vectors, header.vector_count);
    if (result == 0) {
        result = receive_vectors(file, &header, &vectors, to, flags);
    }
    vectors_free(&vectors);
    return result;
}

SYSCALL(recvmsg)(int fd, void __user *msg, unsigned int flags) {
    int error = -EINVAL;
    struct file *file = (flags & MSG_CMSG_COMPAT) != 0 ? NULL : socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    long result = socket_receive_message(file, msg, flags);
    file_release(file);
    return result;
}
