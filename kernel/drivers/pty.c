// Pseudoterminals: the pair, its names under /dev/pts, and the answers that both ends give.
#include "pty.h"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/stat.h>

#include "../fs/root.h"
#include "heap.h"
#include "path.h"
#include "report.h"
#include "string.h"
#include "thread.h"

enum { PTMX_MINOR = 2, NODE_MODE = S_IFCHR | 0620, NAME_SIZE = 12 };

static struct pty *pairs[PTY_MAX];

DEVICE(ptmx) = {DEVICE_NUMBER(CONSOLE_MAJOR, PTMX_MINOR), "ptmx", S_IFCHR | 0666, pty_master_open};
DEVICE(pts) = {DEVICE_NUMBER(PTY_MAJOR, 0), NULL, S_IFCHR, pty_slave_open};

// --- /dev/pts -----------------------------------------------------------------------------------

// One reference; NULL: something else has the name.
static struct inode *directory(void) {
    struct inode *devices = root_directory("dev");
    struct inode *pts = NULL;
    if (devices == NULL) {
        return NULL;
    }
    if (devices->ops->lookup(devices, "pts", 3, &pts) != 0 &&
        devices->ops->create(devices, "pts", 3, S_IFDIR | 0755, 0, &pts) != 0) {
        pts = NULL;
    }
    inode_release(devices);
    return pts;
}

static void make_directory(void) {
    struct inode *pts = directory();
    if (pts != NULL) {
        inode_release(pts);
    }
}
INITCALL(3, make_directory);

static size_t name_of(const struct pty *pty, char name[NAME_SIZE]) {
    return (size_t)format_string(name, NAME_SIZE, "%u", pty->number);
}

static int make_node(const struct pty *pty) {
    char name[NAME_SIZE];
    struct inode *node, *pts = directory();
    if (pts == NULL) {
        return -ENXIO;
    }
    int error = pts->ops->create(pts, name, name_of(pty, name), NODE_MODE,
                                 DEVICE_NUMBER(PTY_MAJOR, 0) + pty->number, &node);
    if (error == 0) {
        inode_release(node);
    }
    inode_release(pts);
    return error;
}

static void remove_node(const struct pty *pty) {
    char name[NAME_SIZE];
    struct path_entry *devices = NULL, *pts = NULL, *node = NULL;
    size_t length = name_of(pty, name);
    if (path_entry_lookup(path_root(), "dev", 3, &devices) == 0 &&
        path_entry_lookup(devices, "pts", 3, &pts) == 0 &&
        path_entry_lookup(pts, name, length, &node) == 0 &&
        INODE_OPERATION(pts->inode, unlink)(pts->inode, name, length, false) == 0) {
        path_entry_remove(node);
    }
    path_entry_release(node);
    path_entry_release(pts);
    path_entry_release(devices);
}

// --- the pair -----------------------------------------------------------------------------------

size_t pty_output_used(const struct pty *pty) {
    return pty->head - pty->tail;
}

size_t pty_output_room(const struct pty *pty) {
    return PTY_OUTPUT_SIZE - pty_output_used(pty);
}

// Echo for which there is no room is lost.
static void send(UNUSED enum channel_kind kind, struct tty *tty, const char *bytes,
                 size_t size_bytes) {
    struct pty *pty = CONTAINER_OF(tty, struct pty, tty);
    for (size_t i = 0; i < size_bytes && pty_output_room(pty) > 0; i++) {
        pty->output[pty->head++ % PTY_OUTPUT_SIZE] = bytes[i];
    }
    wait_wake(&pty->readers, POLLIN | POLLRDNORM);
}

static void go_on(struct tty *tty) {
    wait_wake(&CONTAINER_OF(tty, struct pty, tty)->writers, POLLOUT | POLLWRNORM);
}

static size_t available(struct file *file) {
    struct pty *pty = file->private;
    return tty_line_available(&pty->tty);
}

static const struct tty_driver driver = {send, go_on};
static const struct console_input input = {
    .available = available,
    .discard = tty_line_discard,
    .insert = tty_line_receive,
    .termios_changed = tty_line_termios_changed,
};

static void fill(struct pty *pty, unsigned number) {
    pty->references = 1;
    pty->number = number;
    pty->locked = true;
    pty->master_open = true;
    pty->tty = (struct tty){
        .driver = &driver, .input = &input, .line = &pty->line, .termios = TTY_TERMIOS};
    wait_queue_init(&pty->line.readers);
    wait_queue_init(&pty->readers);
    wait_queue_init(&pty->writers);
    wait_queue_init(&pty->feeders);
}

struct pty *pty_new(void) {
    unsigned number = 0;
    while (number < PTY_MAX && pairs[number] != NULL) {
        number++;
    }
    struct pty *pty = number < PTY_MAX ? heap_alloc_zeroed(sizeof(*pty)) : NULL;
    if (pty == NULL) {
        return NULL;
    }
    fill(pty, number);
    if (make_node(pty) != 0) {
        heap_free(pty);
        return NULL;
    }
    pairs[number] = pty;
    return pty;
}

struct pty *pty_find(unsigned number) {
    return number < PTY_MAX ? pairs[number] : NULL;
}

void pty_release(struct pty *pty) {
    if (!pty->master_open && pairs[pty->number] == pty) {
        remove_node(pty);
        pairs[pty->number] = NULL;
    }
    if (--pty->references == 0) {
        heap_free(pty);
    }
}

// --- ioctl --------------------------------------------------------------------------------------

// A session leader takes the terminal; there is one session as long as there is one process.
static int take_terminal(struct tty *tty) {
    const struct process *process = process_current();
    if (tty->session == process->session) {
        return 0;
    }
    if (process->session != process->pid || tty->session != 0) {
        return -EPERM;
    }
    tty->session = process->session;
    tty->foreground = process->group;
    return 0;
}

int pty_session(struct tty *tty, uint32_t command) {
    bool own = tty->session != 0 && tty->session == process_current()->session;
    switch (command) {
    case TIOCSCTTY:
        return take_terminal(tty);
    case TIOCNOTTY:
        tty->session = own ? 0 : tty->session;
        return own ? 0 : -ENOTTY;
    case TIOCGPGRP:
    case TIOCSPGRP:
    case TIOCGSID:
        return own ? 1 : -ENOTTY;
    default:
        return 1;
    }
}
