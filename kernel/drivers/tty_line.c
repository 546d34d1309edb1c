// The line discipline of the one terminal (termios(3), and n_tty of Linux where that is silent). In
// canonical mode what was typed can be edited until a line's end; a line is then read by at most
// one read(2). Otherwise bytes are read as they come, as VMIN and VTIME say. Signals and echo
// happen when a byte arrives, not when it is read.
#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/fcntl.h>

#include "clock.h"
#include "console.h"
#include "file.h"
#include "string.h"
#include "tty_echo.h"
#include "uio.h"

enum { SIZE = 4096, DISABLED = 0 };

#define DECISECOND_NS (100 * NSEC_PER_MSEC)

// Positions only grow; their place in the ring is the position modulo SIZE. taken <= line_end <=
// filled: what lies behind line_end is the line that is still being edited. `ends` marks a line's
// last byte; one that was VEOF is DISABLED and never shown.
static struct {
    char bytes[SIZE];
    uint8_t ends[SIZE / 8];
    uint64_t taken, line_end, filled;
    bool literal; // VLNEXT: the next byte means itself
    bool hung_up;
} line;

struct wait_queue tty_readers = WAIT_QUEUE_INIT(tty_readers);

static bool canonical(void) {
    return (console_tty.termios.c_lflag & ICANON) != 0;
}

static bool has(tcflag_t flag) {
    return (console_tty.termios.c_lflag & flag) != 0;
}

static bool is_control(char c, unsigned which) {
    cc_t wanted = console_tty.termios.c_cc[which];
    return wanted != DISABLED && (cc_t)c == wanted;
}

static void set_end(uint64_t position, bool end) {
    uint8_t bit = (uint8_t)(1U << (position % 8));
    uint8_t *byte = &line.ends[position % SIZE / 8];
    *byte = (uint8_t)(end ? *byte | bit : *byte & ~bit);
}

static bool is_end(uint64_t position) {
    return (line.ends[position % SIZE / 8] >> (position % 8) & 1) != 0;
}

static bool is_full(void) {
    // the last place is kept for the end of a line that is too long
    return line.filled - line.taken >= SIZE - (canonical() ? 1 : 0);
}

static void put(char c) {
    set_end(line.filled, false);
    line.bytes[line.filled++ % SIZE] = c;
}

static void wake_readers(void) {
    wait_wake(&tty_readers, POLLIN | POLLRDNORM);
}

static void end_line(char c) {
    if (line.filled - line.taken >= SIZE) {
        return;
    }
    put(c);
    set_end(line.filled - 1, true);
    line.line_end = line.filled;
    wake_readers();
}

// --- editing
// --------------------------------------------------------------------------------------

static char last_byte(void) {
    return line.bytes[(line.filled - 1) % SIZE];
}

static bool is_continuation(char c) {
    return (console_tty.termios.c_iflag & IUTF8) != 0 && (c & 0xc0) == 0x80;
}

static unsigned column_behind_line(void) {
    unsigned column = tty_echo_line_column();
    for (uint64_t at = line.line_end; at < line.filled; at++) {
        column = tty_echo_column(column, line.bytes[at % SIZE]);
    }
    return column;
}

// One character, which may be several bytes, from the line that is being edited.
static void erase_one(void) {
    while (line.filled > line.line_end + 1 && is_continuation(last_byte())) {
        line.filled--;
    }
    char c = last_byte();
    line.filled--;
    tty_echo_erased(c, c == '\t' ? column_behind_line() : 0);
}

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c & 0x80) != 0;
}

static void erase_word(void) {
    bool seen = false;
    while (line.filled > line.line_end && (!seen || is_word(last_byte()))) {
        seen = seen || is_word(last_byte());
        erase_one();
    }
}

static void kill_line(char c) {
    if (has(ECHOKE) && has(ECHOE)) {
        while (line.filled > line.line_end) {
            erase_one();
        }
        return;
    }
    line.filled = line.line_end;
    tty_echo(c);
    if (has(ECHOK)) {
        tty_echo('\n');
    }
}

static void reprint(char c) {
    tty_echo(c);
    tty_echo('\n');
    for (uint64_t at = line.line_end; at < line.filled; at++) {
        tty_echo(line.bytes[at % SIZE]);
    }
}

// True: the byte was an editing command.
static bool edit(char c) {
    bool erase = is_control(c, VERASE), word = has(IEXTEN) && is_control(c, VWERASE);
    if (is_control(c, VKILL)) {
        kill_line(c);
    } else if (erase || word) {
        if (line.filled > line.line_end) {
            (erase ? erase_one : erase_word)();
        }
    } else if (has(IEXTEN) && is_control(c, VLNEXT)) {
        line.literal = true;
        tty_echo_next_is_literal();
    } else if (has(IEXTEN) && is_control(c, VREPRINT) && has(ECHO)) {
        reprint(c);
    } else {
        return false;
    }
    return true;
}

// True: the byte ended a line.
static bool finish(char c) {
    if (c == '\n') {
        if (has(ECHO) || has(ECHONL)) {
            tty_echo_raw('\n');
        }
        end_line(c);
    } else if (is_control(c, VEOF)) {
        end_line(DISABLED);
    } else if (is_control(c, VEOL) || (has(IEXTEN) && is_control(c, VEOL2))) {
        tty_echo(c);
        end_line(c);
    } else {
        return false;
    }
    return true;
}

// --- arriving
// -------------------------------------------------------------------------------------

void tty_line_discard(void) {
    line.taken = line.line_end = line.filled;
}

static int signal_of(char c) {
    if (is_control(c, VINTR)) {
        return SIGINT;
    }
    if (is_control(c, VQUIT)) {
        return SIGQUIT;
    }
    return is_control(c, VSUSP) ? SIGTSTP : 0;
}

// True: the byte was for the terminal and not for its reader.
static bool control(char c) {
    if ((console_tty.termios.c_iflag & IXON) != 0) {
        if (is_control(c, VSTOP)) {
            console_tty.stopped = true;
            return true;
        }
        bool any = (console_tty.termios.c_iflag & IXANY) != 0 && console_tty.stopped;
        if (is_control(c, VSTART) || any) {
            tty_continue();
            return is_control(c, VSTART);
        }
    }
    int signo = has(ISIG) ? signal_of(c) : 0;
    if (signo == 0) {
        return false;
    }
    if (!has(NOFLSH)) {
        tty_line_discard();
    }
    if (console_tty.stopped) {
        tty_continue();
    }
    tty_echo(c);
    tty_signal(signo);
    return true;
}

// False: the byte is dropped.
static bool translate(char *c) {
    tcflag_t mode = console_tty.termios.c_iflag;
    if ((mode & ISTRIP) != 0) {
        *c &= 0x7f;
    }
    if (*c == '\r') {
        if ((mode & IGNCR) != 0) {
            return false;
        }
        *c = (mode & ICRNL) != 0 ? '\n' : '\r';
    } else if (*c == '\n' && (mode & INLCR) != 0) {
        *c = '\r';
    }
    return true;
}

static void store(char c) {
    if (is_full()) {
        if ((console_tty.termios.c_iflag & IMAXBEL) != 0) {
            tty_echo_raw('\a');
        }
        return;
    }
    if (line.filled == line.line_end) {
        tty_echo_line_starts();
    }
    tty_echo(c);
    put(c);
    if (!canonical()) {
        line.line_end = line.filled;
        wake_readers();
    }
}

static void receive_one(char c) {
    if (line.literal) {
        line.literal = false;
        store(c);
        return;
    }
    if (!translate(&c) || control(c)) {
        return;
    }
    if (canonical() && (edit(c) || finish(c))) {
        return;
    }
    store(c);
}

void tty_line_receive(const char *bytes, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        receive_one(bytes[i]);
    }
    channel_push(); // the echo: somebody waits for it
}

void tty_line_hang_up(void) {
    line.hung_up = true;
    wake_readers();
}

// Coming from raw mode, what is there counts as a line of its own; going there, as bytes
// (n_tty_set_termios).
void tty_line_termios_changed(const struct termios *old) {
    if ((old->c_lflag & ICANON) == (console_tty.termios.c_lflag & ICANON)) {
        return;
    }
    line.literal = false;
    memset(line.ends, 0, sizeof(line.ends));
    line.line_end = line.filled;
    if (canonical() && line.filled > line.taken) {
        set_end(line.filled - 1, true);
    }
    wake_readers();
}

// --- reading
// --------------------------------------------------------------------------------------

bool tty_line_readable(void) {
    uint64_t ready = line.line_end - line.taken;
    bool least = console_tty.termios.c_cc[VTIME] == 0 && console_tty.termios.c_cc[VMIN] > 0;
    uint64_t wanted = !canonical() && least ? console_tty.termios.c_cc[VMIN] : 1;
    return ready >= wanted || line.hung_up;
}

size_t tty_line_available(void) {
    return line.line_end - line.taken;
}

// Up to the end of a line in canonical mode; a VEOF there is taken and not shown.
static size_t take(struct uio *to) {
    size_t total = 0;
    while (line.taken < line.line_end) {
        uint64_t at = line.taken;
        bool end = canonical() && is_end(at);
        bool hidden = end && line.bytes[at % SIZE] == DISABLED;
        if (!hidden && (to->remaining == 0 || uio_write(to, &line.bytes[at % SIZE], 1) == 0)) {
            break;
        }
        line.taken++;
        total += !hidden;
        if (end) {
            break;
        }
    }
    return total;
}

static bool line_ready(void) {
    return line.taken < line.line_end || line.hung_up;
}

static int wait_until(uint64_t deadline_ns) {
    return WAIT_EVENT(&tty_readers, line_ready(), deadline_ns);
}

static ssize_t read_line(struct uio *to) {
    int error = wait_until(WAIT_FOREVER);
    return error != 0 ? error : (ssize_t)take(to);
}

// With VMIN the time runs from the last byte, without it from the beginning.
static uint64_t raw_deadline(size_t least, size_t total) {
    uint64_t time_ns = console_tty.termios.c_cc[VTIME] * DECISECOND_NS;
    bool timed = least == 0 || (time_ns > 0 && total > 0);
    return timed ? clock_monotonic_ns() + time_ns : WAIT_FOREVER;
}

static ssize_t read_bytes(struct uio *to) {
    size_t least = console_tty.termios.c_cc[VMIN];
    size_t total = take(to);
    uint64_t deadline_ns = raw_deadline(least, total);
    while (to->remaining > 0 && total < MAX(least, 1UL) && !line.hung_up) {
        int error = wait_until(deadline_ns);
        if (error != 0) {
            return total > 0 || error == -ETIMEDOUT ? (ssize_t)total : error;
        }
        total += take(to);
        deadline_ns = raw_deadline(least, total);
    }
    return (ssize_t)total;
}

ssize_t tty_line_read(struct file *file, struct uio *to) {
    if (to->remaining == 0) {
        return 0;
    }
    if (!line_ready() && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    channel_push(); // the program's prompt, before it waits for the answer
    return canonical() ? read_line(to) : read_bytes(to);
}
