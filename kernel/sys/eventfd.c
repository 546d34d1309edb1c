// eventfd(2): a counter that can be waited for.
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "file.h"
#include "heap.h"
#include "syscall.h"

// eventfd(2)'s flags; Linux had no <linux/eventfd.h> before 6.9.
enum { EFD_SEMAPHORE = 1, EFD_CLOEXEC = O_CLOEXEC, EFD_NONBLOCK = O_NONBLOCK };

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
    uint64_t count;
    bool semaphore;
    struct wait_queue queue;
};

static int wait_to_read(const struct file *file, struct eventfd *event) {
    if (event->count == 0 && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    return WAIT_EVENT(&event->queue, event->count > 0, WAIT_FOREVER);
}

static int wait_to_add(const struct file *file, struct eventfd *event, uint64_t value) {
    if (value > COUNT_MAX - event->count && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    return WAIT_EVENT(&event->queue, value <= COUNT_MAX - event->count, WAIT_FOREVER);
}

static ssize_t eventfd_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct eventfd *event = file->private;
    if (to->remaining < sizeof(uint64_t)) {
        return -EINVAL;
    }
    int error = wait_to_read(file, event);
    if (error != 0) {
        return error;
    }
    uint64_t value = event->semaphore ? 1 : event->count;
    event->count -= value;
    wait_wake(&event->queue, POLLOUT | POLLWRNORM);
    return uio_write(to, &value, sizeof(value)) == sizeof(value) ? (ssize_t)sizeof(value) : -EFAULT;
}

static ssize_t eventfd_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    struct eventfd *event = file->private;
    uint64_t value;
    if (from->remaining != sizeof(value)) { // since Linux 6.9; read takes more
        return -EINVAL;
    }
    if (uio_read(from, &value, sizeof(value)) != sizeof(value)) {
        return -EFAULT;
    }
    if (value > COUNT_MAX) {
        return -EINVAL;
    }
    int error = wait_to_add(file, event, value);
    if (error != 0) {
        return error;
    }
    event->count += value;
    wait_wake(&event->queue, POLLIN | POLLRDNORM);
    return sizeof(value);
}

static uint32_t eventfd_poll(struct file *file, struct poll_table *table) {
    struct eventfd *event = file->private;
    poll_add(table, &event->queue);
    return (event->count > 0 ? POLLIN | POLLRDNORM : 0) |
           (event->count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_release(struct file *file) {
    heap_free(file->private);
}

static const struct file_ops eventfd_ops = {
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .release = eventfd_release,
};

SYSCALL(eventfd2)(unsigned int count, int flags) {
    if ((flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    struct eventfd *event = heap_alloc_zeroed(sizeof(*event));
    uint32_t file_flags = O_RDWR | ((uint32_t)flags & EFD_NONBLOCK);
    struct file *file = event == NULL ? NULL : file_new(&eventfd_ops, file_flags, event);
    if (file == NULL) {
        heap_free(event);
        return -ENOMEM;
    }
    event->count = count;
    event->semaphore = (flags & EFD_SEMAPHORE) != 0;
    wait_queue_init(&event->queue);
    file->anonymous_mode = S_IRUSR | S_IWUSR;
    return fd_install(file, 0, (flags & EFD_CLOEXEC) != 0);
}
