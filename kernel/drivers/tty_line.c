// The line discipline of a terminal (termios(3), and n_tty of Linux where that is silent). In
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

enum { SIZE = TTY_LINE_SIZE, DISABLED = 0 };

#define DECISECOND_NS (100 * NSEC_PER_MSEC)

static bool canonical(struct tty *tty) {
    return (tty->termios.c_lflag & ICANON) != 0;
}

static bool has(struct tty *tty, tcflag_t flag) {
    return (tty->termios.c_lflag & flag) != 0;
}

static bool is_control(struct tty *tty, char c, unsigned which) {
    cc_t wanted = tty->termios.c_cc[which];
    return wanted != DISABLED && (cc_t)c == wanted;
}

static void set_end(struct tty *tty, uint64_t position, bool end) {
    uint8_t bit = (uint8_t)(1U << (position % 8));
    uint8_t *byte = &tty->line->ends[position % SIZE / 8];
    *byte = (uint8_t)(end ? *byte | bit : *byte & ~bit);
}

static bool is_end(struct tty *tty, uint64_t position) {
    return (tty->line->ends[position % SIZE / 8] >> (position % 8) & 1) != 0;
}

static bool is_full(struct tty *tty) {
    // the last place is kept for the end of a line that is too long
    return tty->line->filled - tty->line->taken >= SIZE - (canonical(tty) ? 1 : 0);
}

static void put(struct tty *tty, char c) {
    set_end(tty, tty->line->filled, false);
    tty->line->bytes[tty->line->filled++ % SIZE] = c;
}

static void wake_readers(struct tty *tty) {
    wait_wake(&tty->line->readers, POLLIN | POLLRDNORM);
}

static void end_line(struct tty *tty, char c) {
    if (tty->line->filled - tty->line->taken >= SIZE) {
        return;
    }
    put(tty, c);
    set_end(tty, tty->line->filled - 1, true);
    tty->line->line_end = tty->line->filled;
    wake_readers(tty);
}

// --- editing
// --------------------------------------------------------------------------------------

static char last_byte(struct tty *tty) {
    return tty->line->bytes[(tty->line->filled - 1) % SIZE];
}

static bool is_continuation(struct tty *tty, char c) {
    return (tty->termios.c_iflag & IUTF8) != 0 && (c & 0xc0) == 0x80;
}

static unsigned column_behind_line(struct tty *tty) {
    unsigned column = tty_echo_line_column(tty);
    for (uint64_t at = tty->line->line_end; at < tty->line->filled; at++) {
        column = tty_echo_column(tty, column, tty->line->bytes[at % SIZE]);
    }
    return column;
}

// One character, which may be several bytes, from the line that is being edited.
static void erase_one(struct tty *tty) {
    while (tty->line->filled > tty->line->line_end + 1 && is_continuation(tty, last_byte(tty))) {
        tty->line->filled--;
    }
    char c = last_byte(tty);
    tty->line->filled--;
    tty_echo_erased(tty, c, c == '\t' ? column_behind_line(tty) : 0);
}

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c & 0x80) != 0;
}

static void erase_word(struct tty *tty) {
    bool seen = false;
    while (tty->line->filled > tty->line->line_end && (!seen || is_word(last_byte(tty)))) {
        seen = seen || is_word(last_byte(tty));
        erase_one(tty);
    }
}

static void kill_line(struct tty *tty, char c) {
    if (has(tty, ECHOKE) && has(tty, ECHOE)) {
        while (tty->line->filled > tty->line->line_end) {
            erase_one(tty);
        }
        return;
    }
    tty->line->filled = tty->line->line_end;
    tty_echo(tty, c);
    if (has(tty, ECHOK)) {
        tty_echo(tty, '\n');
    }
}

static void reprint(struct tty *tty, char c) {
    tty_echo(tty, c);
    tty_echo(tty, '\n');
    for (uint64_t at = tty->line->line_end; at < tty->line->filled; at++) {
        tty_echo(tty, tty->line->bytes[at % SIZE]);
    }
}

// True: the byte was an editing command.
static bool edit(struct tty *tty, char c) {
    bool erase = is_control(tty, c, VERASE), word = has(tty, IEXTEN) && is_control(tty, c, VWERASE);
    if (is_control(tty, c, VKILL)) {
        kill_line(tty, c);
    } else if (erase || word) {
        if (tty->line->filled > tty->line->line_end) {
            (erase ? erase_one : erase_word)(tty);
        }
    } else if (has(tty, IEXTEN) && is_control(tty, c, VLNEXT)) {
        tty->line->literal = true;
        tty_echo_next_is_literal(tty);
    } else if (has(tty, IEXTEN) && is_control(tty, c, VREPRINT) && has(tty, ECHO)) {
        reprint(tty, c);
    } else {
        return false;
    }
    return true;
}

// True: the byte ended a line.
static bool finish(struct tty *tty, char c) {
    if (c == '\n') {
        if (has(tty, ECHO) || has(tty, ECHONL)) {
            tty_echo_raw(tty, '\n');
        }
        end_line(tty, c);
    } else if (is_control(tty, c, VEOF)) {
        end_line(tty, DISABLED);
    } else if (is_control(tty, c, VEOL) || (has(tty, IEXTEN) && is_control(tty, c, VEOL2))) {
        tty_echo(tty, c);
        end_line(tty, c);
    } else {
        return false;
    }
    return true;
}

// --- arriving
// -------------------------------------------------------------------------------------

void tty_line_discard(struct tty *tty) {
    tty->line->taken = tty->line->line_end = tty->line->filled;
}

static int signal_of(struct tty *tty, char c) {
    if (is_control(tty, c, VINTR)) {
        return SIGINT;
    }
    if (is_control(tty, c, VQUIT)) {
        return SIGQUIT;
    }
    return is_control(tty, c, VSUSP) ? SIGTSTP : 0;
}

// True: the byte was for the terminal and not for its reader.
static bool control(struct tty *tty, char c) {
    if ((tty->termios.c_iflag & IXON) != 0) {
        if (is_control(tty, c, VSTOP)) {
            tty->stopped = true;
            return true;
        }
        bool any = (tty->termios.c_iflag & IXANY) != 0 && tty->stopped;
        if (is_control(tty, c, VSTART) || any) {
            tty_continue(tty);
            return is_control(tty, c, VSTART);
        }
    }
    int signo = has(tty, ISIG) ? signal_of(tty, c) : 0;
    if (signo == 0) {
        return false;
    }
    if (!has(tty, NOFLSH)) {
        tty_line_discard(tty);
    }
    if (tty->stopped) {
        tty_continue(tty);
    }
    tty_echo(tty, c);
    tty_signal(tty, signo);
    return true;
}

// False: the byte is dropped.
static bool translate(struct tty *tty, char *c) {
    tcflag_t mode = tty->termios.c_iflag;
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

static void store(struct tty *tty, char c) {
    if (is_full(tty)) {
        if ((tty->termios.c_iflag & IMAXBEL) != 0) {
            tty_echo_raw(tty, '\a');
        }
        return;
    }
    if (tty->line->filled == tty->line->line_end) {
        tty_echo_line_starts(tty);
    }
    tty_echo(tty, c);
    put(tty, c);
    if (!canonical(tty)) {
        tty->line->line_end = tty->line->filled;
        wake_readers(tty);
    }
}

static void receive_one(struct tty *tty, char c) {
    if (tty->line->literal) {
        tty->line->literal = false;
        store(tty, c);
        return;
    }
    if (!translate(tty, &c) || control(tty, c)) {
        return;
    }
    if (canonical(tty) && (edit(tty, c) || finish(tty, c))) {
        return;
    }
    store(tty, c);
}

void tty_line_receive(struct tty *tty, const char *bytes, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        receive_one(tty, bytes[i]);
    }
    channel_push(); // the echo: somebody waits for it
}

void tty_line_hang_up(struct tty *tty) {
    tty->line->hung_up = true;
    wake_readers(tty);
}

// Coming from raw mode, what is there counts as a line of its own; going there, as bytes
// (n_tty_set_termios).
void tty_line_termios_changed(struct tty *tty, const struct termios *old) {
    if ((old->c_lflag & ICANON) == (tty->termios.c_lflag & ICANON)) {
        return;
    }
    tty->line->literal = false;
    memset(tty->line->ends, 0, sizeof(tty->line->ends));
    tty->line->line_end = tty->line->filled;
    if (canonical(tty) && tty->line->filled > tty->line->taken) {
        set_end(tty, tty->line->filled - 1, true);
    }
    wake_readers(tty);
}

// --- reading
// --------------------------------------------------------------------------------------

bool tty_line_readable(struct tty *tty) {
    uint64_t ready = tty->line->line_end - tty->line->taken;
    bool least = tty->termios.c_cc[VTIME] == 0 && tty->termios.c_cc[VMIN] > 0;
    uint64_t wanted = !canonical(tty) && least ? tty->termios.c_cc[VMIN] : 1;
    return ready >= wanted || tty->line->hung_up;
}

size_t tty_line_available(struct tty *tty) {
    return tty->line->line_end - tty->line->taken;
}

// Up to the end of a line in canonical mode; a VEOF there is taken and not shown.
static size_t take(struct tty *tty, struct uio *to) {
    size_t total = 0;
    while (tty->line->taken < tty->line->line_end) {
        uint64_t at = tty->line->taken;
        bool end = canonical(tty) && is_end(tty, at);
        bool hidden = end && tty->line->bytes[at % SIZE] == DISABLED;
        if (!hidden &&
            (to->remaining == 0 || uio_write(to, &tty->line->bytes[at % SIZE], 1) == 0)) {
            break;
        }
        tty->line->taken++;
        total += !hidden;
        if (end) {
            break;
        }
    }
    return total;
}

static bool line_ready(struct tty *tty) {
    return tty->line->taken < tty->line->line_end || tty->line->hung_up;
}

static int wait_until(struct tty *tty, uint64_t deadline_ns) {
    return WAIT_EVENT(&tty->line->readers, line_ready(tty), deadline_ns);
}

static ssize_t read_line(struct tty *tty, struct uio *to) {
    int error = wait_until(tty, WAIT_FOREVER);
    return error != 0 ? error : (ssize_t)take(tty, to);
}

// With VMIN the time runs from the last byte, without it from the beginning.
static uint64_t raw_deadline(struct tty *tty, size_t least, size_t total) {
    uint64_t time_ns = tty->termios.c_cc[VTIME] * DECISECOND_NS;
    bool timed = least == 0 || (time_ns > 0 && total > 0);
    return timed ? clock_monotonic_ns() + time_ns : WAIT_FOREVER;
}

static ssize_t read_bytes(struct tty *tty, struct uio *to) {
    size_t least = tty->termios.c_cc[VMIN];
    size_t total = take(tty, to);
    uint64_t deadline_ns = raw_deadline(tty, least, total);
    while (to->remaining > 0 && total < MAX(least, 1UL) && !tty->line->hung_up) {
        int error = wait_until(tty, deadline_ns);
        if (error != 0) {
            return total > 0 || error == -ETIMEDOUT ? (ssize_t)total : error;
        }
        total += take(tty, to);
        deadline_ns = raw_deadline(tty, least, total);
    }
    return (ssize_t)total;
}

ssize_t tty_line_read(struct tty *tty, struct file *file, struct uio *to) {
    if (to->remaining == 0) {
        return 0;
    }
    if (!line_ready(tty) && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    channel_push(); // the program's prompt, before it waits for the answer
    return canonical(tty) ? read_line(tty, to) : read_bytes(tty, to);
}
