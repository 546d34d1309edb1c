// What the console's files share. Output (console.c) and the answers to ioctl (tty_ioctl.c) are in
// every image that has descriptors; input (console_input.c, tty_line.c) is there when something can
// read (file.h: NEEDS_CONSOLE_INPUT).
#pragma once

#include <asm/termios.h>

#include "channel.h"
#include "types.h"
#include "wait.h"

struct file;
struct poll_table;
struct uio;

// One terminal serves every descriptor that is one, as /dev/tty would.
struct tty {
    struct termios termios;
    struct winsize size;
    pid_t foreground, session;
    unsigned column; // of the cursor, for erasing what was echoed
    bool stopped;    // ^S
    enum channel_kind
        echo; // where echo goes: CHANNEL_STDOUT, or STDERR when only that is a terminal
};
extern struct tty console_tty;

bool console_fd_is_tty(int fd);
// Out as they are. They wait for the host, so not for bulk.
void tty_output(enum channel_kind kind, const char *bytes, size_t size_bytes);
void tty_signal(int signo); // to the foreground process
void tty_continue(void);    // ^Q: writers may go on
int tty_ioctl(struct file *file, uint32_t command, uint64_t argument);
int console_pipe_ioctl(struct file *file, uint32_t command, uint64_t argument);

struct console_input {
    void (*start)(void); // a terminal listens from the beginning
    ssize_t (*read)(struct file *file, struct uio *to);
    uint32_t (*poll)(struct file *file, struct poll_table *table); // POLLIN, POLLHUP or 0
    size_t (*available)(struct file *file);                        // FIONREAD
    void (*discard)(void);                                         // TCIFLUSH
    void (*insert)(const char *bytes, size_t size_bytes);          // TIOCSTI
    void (*termios_changed)(const struct termios *old);
};
const struct console_input *console_input_find(void); // NULL: not linked

// tty_line.c: the terminal's side of console_input.
void tty_line_receive(const char *bytes, size_t size_bytes);
void tty_line_hang_up(void);
ssize_t tty_line_read(struct file *file, struct uio *to);
bool tty_line_readable(void);
size_t tty_line_available(void);
void tty_line_discard(void);
void tty_line_termios_changed(const struct termios *old);
extern struct wait_queue tty_readers;
