// The slave: a terminal like the console. When the master is closed it has hung up.
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/fcntl.h>

#include "path.h"
#include "pty.h"

enum { CHUNK = 512, EXPANDED = 2 }; // a newline may become two bytes

static ssize_t slave_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct pty *pty = file->private;
    ssize_t result = tty_line_read(&pty->tty, file, to);
    wait_wake(&pty->feeders, POLLOUT | POLLWRNORM);
    return result;
}

static bool has_room(const struct pty *pty) {
    return !pty->master_open || (!pty->tty.stopped && pty_output_room(pty) >= EXPANDED);
}

static int wait_for_room(const struct file *file, struct pty *pty) {
    if (!has_room(pty) && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    int error = WAIT_EVENT(&pty->writers, has_room(pty), WAIT_FOREVER);
    return error == 0 && !pty->master_open ? -EIO : error;
}

static ssize_t slave_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    struct pty *pty = file->private;
    char chunk[CHUNK];
    ssize_t total = 0;
    while (from->remaining > 0) {
        int error = wait_for_room(file, pty);
        size_t most = MIN(MIN(from->remaining, sizeof(chunk)), pty_output_room(pty) / EXPANDED);
        size_t size = error == 0 ? uio_read(from, chunk, most) : 0;
        if (size == 0) {
            int failure = error != 0 ? error : -EFAULT;
            return total > 0 ? total : failure;
        }
        tty_output(&pty->tty, CHANNEL_STDOUT, chunk, size);
        total += (ssize_t)size;
    }
    return total;
}

static uint32_t slave_poll(struct file *file, struct poll_table *table) {
    struct pty *pty = file->private;
    poll_add(table, &pty->line.readers);
    poll_add(table, &pty->writers);
    uint32_t events = tty_line_readable(&pty->tty) ? POLLIN | POLLRDNORM : 0;
    events |= has_room(pty) ? POLLOUT | POLLWRNORM : 0;
    return events | (pty->master_open ? 0 : POLLHUP | POLLERR);
}

static int slave_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    struct pty *pty = file->private;
    if (!pty->master_open) {
        return command == TIOCSPGRP ? -ENOTTY : -EIO;
    }
    int result = pty_session(&pty->tty, command);
    return result == 1 ? tty_control(&pty->tty, file, command, argument) : result;
}

static void slave_release(struct file *file) {
    struct pty *pty = file->private;
    if (--pty->slaves == 0) {
        wait_wake(&pty->readers, POLLIN | POLLRDNORM | POLLHUP);
    }
    pty_release(pty);
}

static const struct file_ops slave_ops = {
    .read = slave_read,
    .write = slave_write,
    .poll = slave_poll,
    .ioctl = slave_ioctl,
    .release = slave_release,
};

int pty_slave_open(struct file *file) {
    struct pty *pty = pty_find((unsigned)(file->inode->rdev - DEVICE_NUMBER(PTY_MAJOR, 0)));
    if (pty == NULL || pty->locked) {
        return -EIO;
    }
    pty->references++;
    pty->slaves++;
    pty->slave_was_open = true;
    file->ops = &slave_ops;
    file->private = pty;
    return 0;
}
