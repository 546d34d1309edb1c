// /dev/tty and /dev/console: the one terminal.
#include <linux/major.h>
#include <linux/stat.h>

#include "file.h"
#include "vfs.h"

enum { TTY_MINOR = 0, DEVICE_MODE = S_IFCHR | 0666, CONSOLE_MODE = S_IFCHR | 0600 };

DEVICE(tty) = {DEVICE_NUMBER(TTYAUX_MAJOR, TTY_MINOR), "tty", DEVICE_MODE, console_open_tty};
DEVICE(console) = {DEVICE_NUMBER(CONSOLE_MAJOR, CONSOLE_MINOR), "console", CONSOLE_MODE,
                   console_open_tty};
