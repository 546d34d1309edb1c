// Echo. A control character shows as two (^C), so taking it back takes two; a tab as many as it
// moved the cursor, which is known only from where the line began.
#include "tty_echo.h"

#include "console.h"

enum { DELETE = 127, TAB_WIDTH = 8 };

static unsigned line_column;

static bool has(tcflag_t flag) {
    return (console_tty.termios.c_lflag & flag) != 0;
}

static bool shows_as_two(char c) {
    bool is_control = ((unsigned char)c < ' ' && c != '\t' && c != '\n') || c == DELETE;
    return is_control && has(ECHOCTL);
}

void tty_echo_raw(char c) {
    tty_output(console_tty.echo, &c, 1);
}

void tty_echo(char c) {
    if (!has(ECHO)) {
        return;
    }
    if (shows_as_two(c)) {
        const char two[] = {'^', (char)(c ^ 0x40)};
        tty_output(console_tty.echo, two, sizeof(two));
        return;
    }
    tty_echo_raw(c);
}

void tty_echo_line_starts(void) {
    line_column = console_tty.column;
}

unsigned tty_echo_line_column(void) {
    return line_column;
}

void tty_echo_next_is_literal(void) {
    if (has(ECHO) && has(ECHOCTL)) {
        tty_output(console_tty.echo, "^\b", 2); // the next byte overwrites it
    }
}

unsigned tty_echo_column(unsigned column, char c) {
    if (c == '\t') {
        return column + TAB_WIDTH - column % TAB_WIDTH;
    }
    if (shows_as_two(c)) {
        return column + 2;
    }
    bool shows = (unsigned char)c >= ' ' && (c & 0xc0) != 0x80; // a UTF-8 character counts once
    return column + (shows ? 1 : 0);
}

static void erase_columns(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        tty_output(console_tty.echo, "\b \b", 3);
    }
}

void tty_echo_erased(char c, unsigned column_before) {
    if (!has(ECHO)) {
        return;
    }
    if (!has(ECHOE)) {
        tty_echo((char)console_tty.termios.c_cc[VERASE]);
    } else if (c == '\t') {
        for (unsigned i = console_tty.column; i > column_before; i--) {
            tty_echo_raw('\b');
        }
    } else if (shows_as_two(c)) {
        erase_columns(2);
    } else if ((unsigned char)c >= ' ') {
        erase_columns(1);
    }
}
