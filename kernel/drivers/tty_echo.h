// What a terminal shows of what is typed.
#pragma once

void tty_echo(char c);           // as ECHO, ECHOCTL say
void tty_echo_raw(char c);       // whatever ECHO says
void tty_echo_erased(char c);    // takes the last character back, as ECHOE says
void tty_echo_line_starts(void); // the cursor is where the edited line begins
