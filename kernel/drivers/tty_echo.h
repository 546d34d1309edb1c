// What a terminal shows of what is typed.
#pragma once

struct tty;

void tty_echo(struct tty *tty, char c);     // as ECHO, ECHOCTL say
void tty_echo_raw(struct tty *tty, char c); // whatever ECHO says
// Takes the last character back, as ECHOE says. A tab goes back to where it began.
void tty_echo_erased(struct tty *tty, char c, unsigned column_before);
void tty_echo_line_starts(struct tty *tty); // the cursor is where the edited line begins
unsigned tty_echo_line_column(struct tty *tty);
unsigned tty_echo_column(struct tty *tty, unsigned column,
                         char c); // the column behind `c` when it is echoed at `column`
void tty_echo_next_is_literal(struct tty *tty);
