// Echo. A control character shows as two (^C), so taking it back takes two; a tab as many as it
// moved the cursor, which is known only from where the line began.
#include "tty_echo.h"

#include "console.h"

enum { DELETE = 127, TAB_WIDTH = 8 };

static bool has(struct tty *tty, tcflag_t flag) {
    return (tty->termios.c_lflag & flag) != 0;
}

static bool shows_as_two(struct tty *tty, char c) {
    bool is_control = ((unsigned char)c < ' ' && c != '\t' && c != '\n') || c == DELETE;
    return is_control && has(tty, ECHOCTL);
}

void tty_echo_raw(struct tty *tty, char c) {
    tty_output(tty, tty->echo, &c, 1);
}

void tty_echo(struct tty *tty, char c) {
    if (!has(tty, ECHO)) {
        return;
    }
    if (shows_as_two(tty, c)) {
        const char two[] = {'^', (char)(c ^ 0x40)};
        tty_output(tty, tty->echo, two, sizeof(two));
        return;
    }
    tty_echo_raw(tty, c);
}

void tty_echo_line_starts(struct tty *tty) {
    tty->line->column = tty->column;
}

unsigned tty_echo_line_column(struct tty *tty) {
    return tty->line->column;
}

void tty_echo_next_is_literal(struct tty *tty) {
    if (has(tty, ECHO) && has(tty, ECHOCTL)) {
        tty_output(tty, tty->echo, "^\b", 2); // the next byte overwrites it
    }
}

unsigned tty_echo_column(struct tty *tty, unsigned column, char c) {
    if (c == '\t') {
        return column + TAB_WIDTH - column % TAB_WIDTH;
    }
    if (shows_as_two(tty, c)) {
        return column + 2;
    }
    bool shows = (unsigned char)c >= ' ' && (c & 0xc0) != 0x80; // a UTF-8 character counts once
    return column + (shows ? 1 : 0);
}

static void erase_columns(struct tty *tty, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        tty_output(tty, tty->echo, "\b \b", 3);
    }
}

void tty_echo_erased(struct tty *tty, char c, unsigned column_before) {
    if (!has(tty, ECHO)) {
        return;
    }
    if (!has(tty, ECHOE)) {
        tty_echo(tty, (char)tty->termios.c_cc[VERASE]);
    } else if (c == '\t') {
        for (unsigned i = tty->column; i > column_before; i--) {
            tty_echo_raw(tty, '\b');
        }
    } else if (shows_as_two(tty, c)) {
        erase_columns(tty, 2);
    } else if ((unsigned char)c >= ' ') {
        erase_columns(tty, 1);
    }
}
