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

static void erase_columns(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        tty_output(console_tty.echo, "\b \b", 3);
    }
}

void tty_echo_erased(char c) {
    if (!has(ECHO)) {
        return;
    }
    if (!has(ECHOE)) {
        tty_echo((char)console_tty.termios.c_cc[VERASE]);
    } else if (c == '\t') {
        // back to the tab stop before, or to the line's beginning; where the text in between ended
        // is not known
        unsigned column = console_tty.column;
        unsigned target = column > TAB_WIDTH ? (column - 1) / TAB_WIDTH * TAB_WIDTH : 0;
        target = target > line_column ? target : line_column;
        for (unsigned i = column; i > target; i--) {
            tty_echo_raw('\b');
        }
    } else if (shows_as_two(c)) {
        erase_columns(2);
    } else if ((unsigned char)c >= ' ') {
        erase_columns(1);
    }
}
