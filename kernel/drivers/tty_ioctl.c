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

static int bytes_readable(struct file *file, uint64_t argument) {
    const struct console_input *input = console_input_find();
    return put_size_t(input == NULL ? 0 : input->available(file), argument);
}

int console_pipe_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    return command == FIONREAD ? bytes_readable(file, argument) : -ENOTTY;
}

// The argument TCSETSF makes pending input go; the others differ in waiting for output, which here
// has always gone.
static int set_termios(uint64_t argument, size_t size_bytes, bool discard) {
    struct termios2 given;
    struct termios old = console_tty.termios;
    int error = copy_from_user(&given, user_pointer(argument), size_bytes);
    if (error != 0) {
        return error;
    }
    memcpy(&console_tty.termios, &given, sizeof(console_tty.termios));
    const struct console_input *input = console_input_find();
    if (input != NULL) {
        if (discard) {
            input->discard();
        }
        input->termios_changed(&old);
    }
    if ((console_tty.termios.c_iflag & IXON) == 0 && console_tty.stopped) {
        tty_continue();
    }
    return 0;
}

static int get_termios2(uint64_t argument) {
    struct termios2 termios = {.c_ispeed = 38400, .c_ospeed = 38400};
    memcpy(&termios, &console_tty.termios, sizeof(console_tty.termios));
    return copy_to_user((void __user *)argument, &termios, sizeof(termios));
}

static int set_size(uint64_t argument) {
    struct winsize size;
    int error = copy_from_user(&size, user_pointer(argument), sizeof(size));
    if (error == 0 && memcmp(&size, &console_tty.size, sizeof(size)) != 0) {
        console_tty.size = size;
        tty_signal(SIGWINCH);
    }
    return error;
}

static int set_foreground(uint64_t argument) {
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
    console_tty.foreground = group;
    return 0;
}

static int flush(uint64_t which) {
    const struct console_input *input = console_input_find();
    if (which > FLUSH_BOTH) {
        return -EINVAL;
    }
    if ((which == FLUSH_INPUT || which == FLUSH_BOTH) && input != NULL) {
        input->discard();
    }
    return 0;
}

static int flow(uint64_t what) {
    if (what == FLOW_STOP) {
        console_tty.stopped = true;
    } else if (what == FLOW_START) {
        tty_continue();
    }
    return what <= 3 ? 0 : -EINVAL;
}

static int insert(uint64_t argument) {
    char c;
    const struct console_input *input = console_input_find();
    int error = copy_from_user(&c, user_pointer(argument), sizeof(c));
    if (error == 0 && input != NULL) {
        input->insert(&c, 1);
    }
    return error;
}

int tty_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    void __user *to = (void __user *)argument;
    switch (command) {
    case TCGETS:
        return copy_to_user(to, &console_tty.termios, sizeof(console_tty.termios));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_termios(argument, sizeof(struct termios), command == TCSETSF);
    case TCGETS2:
        return get_termios2(argument);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return set_termios(argument, sizeof(struct termios2), command == TCSETSF2);
    case TIOCGWINSZ:
        return copy_to_user(to, &console_tty.size, sizeof(console_tty.size));
    case TIOCSWINSZ:
        return set_size(argument);
    case TIOCGPGRP:
        return copy_to_user(to, &console_tty.foreground, sizeof(pid_t));
    case TIOCSPGRP:
        return set_foreground(argument);
    case TIOCGSID:
        return copy_to_user(to, &console_tty.session, sizeof(pid_t));
    case TIOCSCTTY:
    case TIOCNOTTY:
    case TIOCEXCL:
    case TIOCNXCL:
    case TCSBRK: // nothing is a line that could carry a break; draining is done when write returns
    case TCSBRKP:
        return 0;
    case FIONREAD:
        return bytes_readable(file, argument);
    case TIOCOUTQ:
        return put_size_t(0, argument);
    case TCFLSH:
        return flush(argument);
    case TCXONC:
        return flow(argument);
    case TIOCSTI:
        return insert(argument);
    default:
        return -ENOTTY;
    }
}
