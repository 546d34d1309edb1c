// ioctl_tty(2): modes, sizes, foreground. A program asks even a pipe such things, to learn that it
// is none.
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/signal.h>

#include "console.h"
#include "file.h"
#include "string.h"
#include "thread.h"
#include "usercopy.h"

enum {
    FLUSH_INPUT = 0,
    FLUSH_BOTH = 2,
    FLOW_STOP = 0,
    FLOW_START = 1
}; // TCFLSH's and TCXONC's arguments

static int put_size_t(size_t value, uint64_t argument) {
    return put_user((int)MIN(value, (size_t)INT32_MAX), (int __user *)argument);
}

static const struct console_input *input_of(const struct tty *tty) {
    return tty->input != NULL ? tty->input : console_input_find();
}

// The same, where there is a line to be edited: nobody types before the first read.
static const struct console_input *editor_of(const struct tty *tty) {
    return tty->line != NULL ? input_of(tty) : NULL;
}

static int bytes_readable(const struct tty *tty, struct file *file, uint64_t argument) {
    const struct console_input *input = input_of(tty);
    return put_size_t(input == NULL ? 0 : input->available(file), argument);
}

int console_pipe_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    return command == FIONREAD ? bytes_readable(&console_tty, file, argument) : -ENOTTY;
}

// The argument TCSETSF makes pending input go; the others differ in waiting for output, which here
// has always gone.
static int set_termios(struct tty *tty, uint64_t argument, size_t size_bytes, bool discard) {
    struct termios2 given;
    struct termios old = tty->termios;
    int error = copy_from_user(&given, user_pointer(argument), size_bytes);
    if (error != 0) {
        return error;
    }
    memcpy(&tty->termios, &given, sizeof(tty->termios));
    const struct console_input *input = editor_of(tty);
    if (input != NULL) {
        if (discard) {
            input->discard(tty);
        }
        input->termios_changed(tty, &old);
    }
    if ((tty->termios.c_iflag & IXON) == 0 && tty->stopped) {
        tty_continue(tty);
    }
    return 0;
}

static int get_termios2(struct tty *tty, uint64_t argument) {
    struct termios2 termios = {.c_ispeed = 38400, .c_ospeed = 38400};
    memcpy(&termios, &tty->termios, sizeof(tty->termios));
    return copy_to_user((void __user *)argument, &termios, sizeof(termios));
}

static int set_size(struct tty *tty, uint64_t argument) {
    struct winsize size;
    int error = copy_from_user(&size, user_pointer(argument), sizeof(size));
    if (error == 0 && memcmp(&size, &tty->size, sizeof(size)) != 0) {
        tty->size = size;
        tty_signal(tty, SIGWINCH);
    }
    return error;
}

static int set_foreground(struct tty *tty, uint64_t argument) {
    pid_t group;
    int error = copy_from_user(&group, user_pointer(argument), sizeof(group));
    if (error != 0) {
        return error;
    }
    if (group < 0) {
        return -EINVAL;
    }
    if (process_find(group) == NULL) {
        return -ESRCH;
    }
    tty->foreground = group;
    return 0;
}

static int flush(struct tty *tty, uint64_t which) {
    const struct console_input *input = editor_of(tty);
    if (which > FLUSH_BOTH) {
        return -EINVAL;
    }
    if ((which == FLUSH_INPUT || which == FLUSH_BOTH) && input != NULL) {
        input->discard(tty);
    }
    return 0;
}

static int flow(struct tty *tty, uint64_t what) {
    if (what == FLOW_STOP) {
        tty->stopped = true;
    } else if (what == FLOW_START) {
        tty_continue(tty);
    }
    return what <= 3 ? 0 : -EINVAL;
}

static int insert(struct tty *tty, uint64_t argument) {
    char c;
    const struct console_input *input = editor_of(tty);
    int error = copy_from_user(&c, user_pointer(argument), sizeof(c));
    if (error == 0 && input != NULL) {
        input->insert(tty, &c, 1);
    }
    return error;
}

int tty_control(struct tty *tty, struct file *file, uint32_t command, uint64_t argument) {
    void __user *to = (void __user *)argument;
    switch (command) {
    case TCGETS:
        return copy_to_user(to, &tty->termios, sizeof(tty->termios));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_termios(tty, argument, sizeof(struct termios), command == TCSETSF);
    case TCGETS2:
        return get_termios2(tty, argument);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return set_termios(tty, argument, sizeof(struct termios2), command == TCSETSF2);
    case TIOCGWINSZ:
        return copy_to_user(to, &tty->size, sizeof(tty->size));
    case TIOCSWINSZ:
        return set_size(tty, argument);
    case TIOCGPGRP:
        return copy_to_user(to, &tty->foreground, sizeof(pid_t));
    case TIOCSPGRP:
        return set_foreground(tty, argument);
    case TIOCGSID:
        return copy_to_user(to, &tty->session, sizeof(pid_t));
    case TIOCSCTTY:
    case TIOCNOTTY:
    case TIOCEXCL:
    case TIOCNXCL:
    case TCSBRK: // nothing is a line that could carry a break; draining is done when write returns
    case TCSBRKP:
        return 0;
    case FIONREAD:
        return bytes_readable(tty, file, argument);
    case TIOCOUTQ:
        return put_size_t(0, argument);
    case TCFLSH:
        return flush(tty, argument);
    case TCXONC:
        return flow(tty, argument);
    case TIOCSTI:
        return insert(tty, argument);
    default:
        return -ENOTTY;
    }
}

int tty_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    return tty_control(&console_tty, file, command, argument);
}
