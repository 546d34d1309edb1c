// Terminals: the console, and what pseudoterminals (pty.c) share with it. Output (console.c) and
// the answers to ioctl (tty_ioctl.c) are in every image that has descriptors; input
// (console_input.c, tty_line.c) is there when something can read (file.h: NEEDS_CONSOLE_INPUT).
#pragma once

#include <asm/termios.h>

#include "channel.h"
#include "types.h"
#include "wait.h"

struct file;
struct poll_table;
struct uio;

struct tty;

enum { TTY_LINE_SIZE = 4096 };

// What was typed (tty_line.c). Positions only grow; their place in the ring is the position modulo
// TTY_LINE_SIZE. taken <= line_end <= filled: what lies behind line_end is the line that is still
// being edited. `ends` marks a line's last byte; one that was VEOF is NUL and never shown.
struct tty_line {
    char bytes[TTY_LINE_SIZE];
    uint8_t ends[TTY_LINE_SIZE / 8];
    uint64_t taken, line_end, filled;
    unsigned column; // of the cursor where the edited line began
    bool literal;    // VLNEXT: the next byte means itself
    bool hung_up;
    struct wait_queue readers;
};

// What is at the other end of a terminal.
struct tty_driver {
    void (*send)(enum channel_kind kind, struct tty *tty, const char *bytes, size_t size_bytes);
    void (*go_on)(struct tty *tty); // ^Q: wakes writers
};

// The console serves every descriptor of the first process that is a terminal.
struct tty {
    const struct tty_driver *driver;
    const struct console_input *input; // NULL: the console's, where that is linked
    struct tty_line *line;             // NULL: nothing reads
    struct termios termios;
    struct winsize size;
    pid_t foreground, session;
    unsigned column; // of the cursor, for erasing what was echoed
    bool stopped;    // ^S
    enum channel_kind
        echo; // where echo goes: CHANNEL_STDOUT, or STDERR when only that is a terminal
};
extern struct tty console_tty;

// What a Linux terminal starts with (tty_std_termios; as a pty, without HUPCL).
#define TTY_TERMIOS                                                                                \
    {                                                                                              \
        .c_iflag = ICRNL | IXON, .c_oflag = OPOST | ONLCR, .c_cflag = B38400 | CS8 | CREAD,        \
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,               \
        .c_cc = {[VINTR] = 3,     [VQUIT] = 28,   [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,        \
                 [VMIN] = 1,      [VSTART] = 17,  [VSTOP] = 19,   [VSUSP] = 26, [VREPRINT] = 18,   \
                 [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22},                                  \
    }

bool console_fd_is_tty(int fd);
// Out as they are. They wait for the host, so not for bulk.
void tty_output(struct tty *tty, enum channel_kind kind, const char *bytes, size_t size_bytes);
void tty_signal(struct tty *tty, int signo); // to the foreground process
void tty_continue(struct tty *tty);          // ^Q: writers may go on
int tty_ioctl(struct file *file, uint32_t command, uint64_t argument);
int tty_control(struct tty *tty, struct file *file, uint32_t command, uint64_t argument);
int console_pipe_ioctl(struct file *file, uint32_t command, uint64_t argument);

struct console_input {
    void (*start)(void); // a terminal listens from the beginning
    ssize_t (*read)(struct file *file, struct uio *to);
    uint32_t (*poll)(struct file *file, struct poll_table *table);         // POLLIN, POLLHUP or 0
    size_t (*available)(struct file *file);                                // FIONREAD
    void (*discard)(struct tty *tty);                                      // TCIFLUSH
    void (*insert)(struct tty *tty, const char *bytes, size_t size_bytes); // TIOCSTI
    void (*termios_changed)(struct tty *tty, const struct termios *old);
};
const struct console_input *console_input_find(void); // NULL: not linked

// tty_line.c: the terminal's side of console_input.
void tty_line_receive(struct tty *tty, const char *bytes, size_t size_bytes);
void tty_line_hang_up(struct tty *tty);
ssize_t tty_line_read(struct tty *tty, struct file *file, struct uio *to);
bool tty_line_readable(struct tty *tty);
size_t tty_line_available(struct tty *tty);
void tty_line_discard(struct tty *tty);
void tty_line_termios_changed(struct tty *tty, const struct termios *old);
