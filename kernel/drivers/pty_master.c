// The master: what is written to it was typed at the terminal, and what it reads the terminal
// shows.
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

#include "path.h"
#include "pty.h"
#include "report.h"
#include "signal.h"
#include "string.h"
#include "thread.h"
#include "usercopy.h"

enum { CHUNK = 256, NAME_SIZE = 12 };

static bool slave_gone(const struct pty *pty) {
    return pty->slaves == 0 && pty->slave_was_open;
}

static size_t take(struct pty *pty, struct uio *to) {
    size_t total = 0;
    while (to->remaining > 0 && pty_output_used(pty) > 0) {
        size_t place = pty->tail % PTY_OUTPUT_SIZE;
        size_t part = MIN(pty_output_used(pty), PTY_OUTPUT_SIZE - place);
        part = MIN(part, to->remaining);
        size_t moved = uio_write(to, pty->output + place, part);
        pty->tail += moved;
        total += moved;
        if (moved < part) {
            break;
        }
    }
    return total;
}

static ssize_t master_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct pty *pty = file->private;
    if (to->remaining == 0) {
        return 0;
    }
    bool empty = pty_output_used(pty) == 0 && !slave_gone(pty);
    if (empty && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    int error =
        WAIT_EVENT(&pty->readers, pty_output_used(pty) > 0 || slave_gone(pty), WAIT_FOREVER);
    if (error != 0) {
        return error;
    }
    if (pty_output_used(pty) == 0) {
        return -EIO;
    }
    size_t moved = take(pty, to);
    wait_wake(&pty->writers, POLLOUT | POLLWRNORM);
    return moved == 0 ? -EFAULT : (ssize_t)moved;
}

// A line that is being edited and grows too long loses its end; everything else waits for a reader.
static size_t room(const struct pty *pty) {
    bool unread = pty->line.taken < pty->line.line_end;
    bool editing = (pty->tty.termios.c_lflag & ICANON) != 0 && !unread;
    size_t used = pty->line.filled - pty->line.taken;
    return editing ? CHUNK : TTY_LINE_SIZE - 1 - MIN(used, (size_t)TTY_LINE_SIZE - 1);
}

static int wait_for_room(const struct file *file, struct pty *pty) {
    if (room(pty) == 0 && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    return WAIT_EVENT(&pty->feeders, room(pty) > 0, WAIT_FOREVER);
}

static ssize_t master_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    struct pty *pty = file->private;
    char chunk[CHUNK];
    ssize_t total = 0;
    while (from->remaining > 0) {
        int error = wait_for_room(file, pty);
        size_t most = MIN(MIN(from->remaining, sizeof(chunk)), room(pty));
        size_t size = error == 0 ? uio_read(from, chunk, most) : 0;
        if (size == 0) {
            int failure = error != 0 ? error : -EFAULT;
            return total > 0 ? total : failure;
        }
        tty_line_receive(&pty->tty, chunk, size);
        total += (ssize_t)size;
    }
    return total;
}

static uint32_t master_poll(struct file *file, struct poll_table *table) {
    struct pty *pty = file->private;
    poll_add(table, &pty->readers);
    poll_add(table, &pty->feeders);
    uint32_t events = pty_output_used(pty) > 0 ? POLLIN | POLLRDNORM : 0;
    events |= room(pty) > 0 ? POLLOUT | POLLWRNORM : 0;
    return events | (slave_gone(pty) ? POLLHUP : 0);
}

// --- ioctl --------------------------------------------------------------------------------------

// TIOCGPTPEER: the slave without a name to find it by.
static int open_peer(const struct pty *pty, int flags) {
    char path[NAME_SIZE + 9];
    format_string(path, sizeof(path), "/dev/pts/%u", pty->number);
    struct file *file = vfs_open_kernel(path, flags & (O_ACCMODE | O_NONBLOCK | O_NOCTTY));
    return file == NULL ? -EIO : fd_install(file, 0, (flags & O_CLOEXEC) != 0);
}

static int set_lock(struct pty *pty, const int __user *argument) {
    int locked;
    if (get_user(locked, argument) != 0) {
        return -EFAULT;
    }
    pty->locked = locked != 0;
    return 0;
}

static int master_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    struct pty *pty = file->private;
    int __user *to = (int __user *)argument;
    switch (command) {
    case TIOCGPTN:
        return put_user((int)pty->number, to);
    case TIOCSPTLCK:
        return set_lock(pty, to);
    case TIOCGPTLCK:
        return put_user((int)pty->locked, to);
    case TIOCGPTPEER:
        return open_peer(pty, (int)argument);
    case FIONREAD:
        return put_user((int)pty_output_used(pty), to);
    case TIOCGPGRP:
        return put_user(pty->tty.foreground, to);
    case TIOCSCTTY:
        return -ENOTTY;
    default:
        break;
    }
    int result = pty_session(&pty->tty, command);
    return result == 1 ? tty_control(&pty->tty, file, command, argument) : result;
}

// --- opening and closing ------------------------------------------------------------------------

static void hang_up(struct pty *pty) {
    struct process *leader = process_find(pty->tty.session);
    pty->master_open = false;
    tty_line_hang_up(&pty->tty);
    wait_wake(&pty->writers, POLLOUT | POLLWRNORM | POLLHUP | POLLERR);
    if (leader != NULL) {
        signal_raise(leader, SIGHUP);
        signal_raise(leader, SIGCONT);
    }
}

static void master_release(struct file *file) {
    hang_up(file->private);
    pty_release(file->private);
}

static const struct file_ops master_ops = {
    .read = master_read,
    .write = master_write,
    .poll = master_poll,
    .ioctl = master_ioctl,
    .release = master_release,
};

int pty_master_open(struct file *file) {
    struct pty *pty = pty_new();
    if (pty == NULL) {
        return -ENOSPC;
    }
    file->ops = &master_ops;
    file->private = pty;
    return 0;
}
