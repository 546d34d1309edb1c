// Descriptors 0, 1 and 2 of the first process: each is the terminal when `tty=` among the boot
// arguments lists it, else one end of a pipe to the host. This file is their output, and what
// decides between the two.
#include "console.h"

#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "boot.h"
#include "clock.h"
#include "file.h"
#include "set.h"
#include "signal.h"
#include "string.h"
#include "thread.h"

enum { CHUNK_SIZE = 4096, TAB_WIDTH = 8, FIRST_PID = 1 };

SET_DECLARE(console_input, console_input_ref);

static void send(enum channel_kind kind, UNUSED struct tty *tty, const char *bytes,
                 size_t size_bytes) {
    channel_send(kind, bytes, size_bytes);
}

static void go_on(UNUSED struct tty *tty) {
    wait_wake(channel_room_queue(), POLLOUT);
}

static const struct tty_driver console_driver = {send, go_on};

struct tty console_tty = {
    .driver = &console_driver,
    .termios = TTY_TERMIOS,
    .size = {.ws_row = 24, .ws_col = 80},
    .foreground = FIRST_PID,
    .session = FIRST_PID,
    .echo = CHANNEL_STDOUT,
};

const struct console_input *console_input_find(void) {
    SET_FOR_EACH (input, console_input, console_input_ref) {
        return *input;
    }
    return NULL;
}

bool console_fd_is_tty(int fd) {
    char value[8];
    return boot_argument("tty", value, sizeof(value)) && strchr(value, '0' + fd) != NULL;
}

void tty_signal(struct tty *tty, int signo) {
    struct process *process = process_find(tty->foreground);
    if (process != NULL) {
        signal_raise(process, signo);
    }
}

// --- output
// ---------------------------------------------------------------------------------------

static void count_column(struct tty *tty, char c) {
    if (c == '\r' || c == '\n') {
        tty->column = 0;
    } else if (c == '\t') {
        tty->column += TAB_WIDTH - tty->column % TAB_WIDTH;
    } else if (c == '\b') {
        tty->column -= tty->column > 0;
    } else if ((c & 0xc0) != 0x80 && (unsigned char)c >= ' ') {
        tty->column++; // a UTF-8 character counts once
    }
}

// With OPOST a newline becomes carriage return and newline; the other output modes of termios(3)
// are teletypes'.
void tty_output(struct tty *tty, enum channel_kind kind, const char *bytes, size_t size_bytes) {
    tcflag_t mode = tty->termios.c_oflag;
    bool add_return = (mode & OPOST) != 0 && (mode & ONLCR) != 0;
    static char expanded[CHUNK_SIZE]; // one for all, as nothing here sleeps
    size_t used = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        count_column(tty, bytes[i]);
        if (bytes[i] == '\n' && add_return) {
            expanded[used++] = '\r';
        }
        expanded[used++] = bytes[i];
        if (used + 2 > sizeof(expanded)) {
            tty->driver->send(kind, tty, expanded, used);
            used = 0;
        }
    }
    if (used > 0) {
        tty->driver->send(kind, tty, expanded, used);
    }
}

static bool has_room(bool tty) {
    if (tty && console_tty.stopped) {
        return false;
    }
    return channel_has_room(tty ? 3 * CHUNK_SIZE
                                : CHUNK_SIZE); // each newline may have become two bytes
}

static int wait_for_room(const struct file *file, bool tty) {
    if (has_room(tty)) {
        return 0;
    }
    if ((file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    return WAIT_EVENT(channel_room_queue(), has_room(tty), WAIT_FOREVER);
}

static ssize_t write_chunks(struct file *file, struct uio *from, bool tty) {
    static char chunk[CHUNK_SIZE]; // one for all: nothing sleeps between filling and sending it
    enum channel_kind kind = (enum channel_kind)(uintptr_t)file->private;
    ssize_t total = 0;
    while (from->remaining > 0) {
        int error = wait_for_room(file, tty);
        size_t size = error == 0 ? uio_read(from, chunk, MIN(from->remaining, sizeof(chunk))) : 0;
        if (size == 0) {
            int failure = error != 0 ? error : -EFAULT;
            return total > 0 ? total : failure;
        }
        if (tty) {
            tty_output(&console_tty, kind, chunk, size);
        } else {
            channel_send(kind, chunk, size);
        }
        total += (ssize_t)size;
    }
    return total;
}

static ssize_t pipe_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    return write_chunks(file, from, false);
}

static ssize_t tty_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    return write_chunks(file, from, true);
}

void tty_continue(struct tty *tty) {
    tty->stopped = false;
    tty->driver->go_on(tty);
}

// --- both directions
// ------------------------------------------------------------------------------

static ssize_t console_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    const struct console_input *input = console_input_find();
    return input == NULL ? -EIO : input->read(file, to);
}

// A terminal for output only: nobody types there.
static ssize_t tty_read(struct file *file, struct uio *to, off_t *offset) {
    return console_fd_is_tty(0) ? console_read(file, to, offset) : -EIO;
}

static uint32_t poll_input(struct file *file, struct poll_table *table) {
    const struct console_input *input = console_input_find();
    return input == NULL ? 0 : input->poll(file, table);
}

static uint32_t poll_output(struct poll_table *table, bool tty) {
    poll_add(table, channel_room_queue());
    return has_room(tty) ? POLLOUT | POLLWRNORM : 0;
}

static uint32_t pipe_out_poll(UNUSED struct file *file, struct poll_table *table) {
    return poll_output(table, false);
}

static uint32_t tty_poll(struct file *file, struct poll_table *table) {
    uint32_t in = console_fd_is_tty(0) ? poll_input(file, table) : 0;
    return in | poll_output(table, true);
}

static const struct file_ops pipe_in_ops = {
    .read = console_read,
    .poll = poll_input,
    .ioctl = console_pipe_ioctl,
};

static const struct file_ops pipe_out_ops = {
    .write = pipe_write,
    .poll = pipe_out_poll,
    .ioctl = console_pipe_ioctl,
};

static const struct file_ops tty_ops = {
    .read = tty_read,
    .write = tty_write,
    .poll = tty_poll,
    .ioctl = tty_ioctl,
};

// --- opening
// --------------------------------------------------------------------------------------

static void read_size(void) {
    char value[8];
    static const char *const keys[] = {"rows", "cols"};
    unsigned short *const targets[] = {&console_tty.size.ws_row, &console_tty.size.ws_col};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!boot_argument(keys[i], value, sizeof(value))) {
            continue;
        }
        unsigned number = 0;
        for (const char *c = value; *c >= '0' && *c <= '9'; c++) {
            number = number * 10 + (unsigned)(*c - '0');
        }
        *targets[i] = (unsigned short)number;
    }
}

static struct file *open_tty(enum channel_kind kind) {
    struct file *file = file_new(&tty_ops, O_RDWR, (void *)(uintptr_t)kind);
    if (file != NULL) {
        file->anonymous_mode = S_IFCHR | S_IRUSR | S_IWUSR | S_IWGRP;
    }
    return file;
}

static struct file *open_pipe(int fd, enum channel_kind kind) {
    const struct file_ops *ops = fd == 0 ? &pipe_in_ops : &pipe_out_ops;
    struct file *file = file_new(ops, fd == 0 ? O_RDONLY : O_WRONLY, (void *)(uintptr_t)kind);
    if (file != NULL) {
        file->anonymous_mode = S_IFIFO | S_IRUSR | S_IWUSR;
    }
    return file;
}

struct file *console_open(int fd) {
    if (!console_fd_is_tty(fd)) {
        return open_pipe(fd, fd == 2 ? CHANNEL_STDERR : CHANNEL_STDOUT);
    }
    read_size();
    console_tty.echo = console_fd_is_tty(1) ? CHANNEL_STDOUT : CHANNEL_STDERR;
    const struct console_input *input = console_input_find();
    if (fd == 0 && input != NULL) {
        input->start();
    }
    return open_tty(fd == 2 ? CHANNEL_STDERR : console_tty.echo);
}

int console_open_tty(struct file *file) {
    if (!console_fd_is_tty(0) && !console_fd_is_tty(1) && !console_fd_is_tty(2)) {
        return -ENXIO;
    }
    file->ops = &tty_ops;
    file->private = (void *)(uintptr_t)console_tty.echo;
    return 0;
}
