// A socket as an open file, and what its operations share.
#include "socket.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "clock.h"
#include "thread.h"

enum { SOCKET_MODE = S_IFSOCK | 0777 };

struct ucred socket_own_credentials(void) {
    const struct process *process = process_current();
    return (struct ucred){process->pid, process->credentials.euid, process->credentials.egid};
}

void socket_init(struct socket *socket, const struct socket_ops *ops, int type) {
    socket->ops = ops;
    socket->type = type;
    socket->send_buffer = SEND_BUFFER_DEFAULT;
    socket->receive_buffer = RECEIVE_BUFFER_DEFAULT;
    socket->receive_least = 1;
    socket->peer = (struct ucred){0, (uid_t)-1, (gid_t)-1};
    wait_queue_init(&socket->readable);
    wait_queue_init(&socket->writable);
}

int socket_take_error(struct socket *socket) {
    int error = socket->error;
    socket->error = 0;
    return -error;
}

uint64_t socket_deadline(uint64_t timeout_ns, bool wait) {
    if (!wait) {
        return 0;
    }
    return timeout_ns == 0 ? WAIT_FOREVER : clock_monotonic_ns() + timeout_ns;
}

// With a timeout set the call is not restarted after a signal (signal(7)).
int socket_waited(int result, uint64_t deadline_ns) {
    if (result == -ETIMEDOUT) {
        return -EAGAIN;
    }
    return result == -ERESTARTSYS && deadline_ns != WAIT_FOREVER ? -EINTR : result;
}

// --- the file -----------------------------------------------------------------------------------

static uint32_t wait_flags(const struct file *file) {
    return (file->flags & O_NONBLOCK) != 0 ? MSG_DONTWAIT : 0;
}

static ssize_t socket_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct socket *socket = file->private;
    if (to->remaining == 0) {
        return 0; // a message of length 0 stays where it is
    }
    struct socket_message message = {.data = *to, .flags = wait_flags(file)};
    ssize_t result = socket->ops->receive(socket, &message);
    socket_rights_free(message.control.rights);
    return result;
}

static ssize_t socket_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    struct socket *socket = file->private;
    struct socket_message message = {.data = *from, .flags = wait_flags(file)};
    return socket->ops->send(socket, &message);
}

static uint32_t socket_poll(struct file *file, struct poll_table *table) {
    struct socket *socket = file->private;
    return socket->ops->poll(socket, table);
}

static int socket_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    struct socket *socket = file->private;
    return socket->ops->ioctl == NULL ? -ENOTTY : socket->ops->ioctl(socket, command, argument);
}

static void socket_release(struct file *file) {
    struct socket *socket = file->private;
    socket->ops->close(socket);
}

static const struct file_ops socket_file_ops = {
    .read = socket_read,
    .write = socket_write,
    .poll = socket_poll,
    .ioctl = socket_ioctl,
    .release = socket_release,
};

struct file *socket_file_new(struct socket *socket, uint32_t flags) {
    struct file *file = file_new(&socket_file_ops, O_RDWR | flags, socket);
    if (file != NULL) {
        file->anonymous_mode = SOCKET_MODE;
    }
    return file;
}

struct socket *socket_of(const struct file *file) {
    return file->ops == &socket_file_ops ? file->private : NULL;
}

struct file *socket_file(int fd, int *error) {
    struct file *file = fd_get(fd);
    if (file == NULL || (file->flags & O_PATH) != 0) {
        *error = -EBADF;
    } else if (socket_of(file) == NULL) {
        *error = -ENOTSOCK;
    } else {
        return file;
    }
    if (file != NULL) {
        file_release(file);
    }
    return NULL;
}
