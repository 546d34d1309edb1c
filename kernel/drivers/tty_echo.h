// What a terminal shows of what is typed.
#pragma once

void tty_echo(char c);     // as ECHO, ECHOCTL say
void tty_echo_raw(char c); // whatever ECHO says
// Takes the last character back, as ECHOE says. A tab goes back to where it began.
void tty_echo_erased(char c, unsigned column_before);
void tty_echo_line_starts(void); // the cursor is where the edited line begins
unsigned tty_echo_line_column(void);
unsigned tty_echo_column(unsigned column,
                         char c); // the column behind `c` when it is echoed at `column`
void tty_echo_next_is_literal(void);
