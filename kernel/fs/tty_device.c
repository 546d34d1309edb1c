// /dev/tty and /dev/console: the one terminal. Where there are names, the first process's terminal
// has one as well: ttyname(3) looks for what fstat(2) gives among them.
#include <linux/fcntl.h>
#include <linux/major.h>
#include <linux/stat.h>

#include "exec.h"
#include "fd.h"
#include "path.h"
#include "thread.h"

enum { TTY_MINOR = 0, DEVICE_MODE = S_IFCHR | 0666, CONSOLE_MODE = S_IFCHR | 0600 };

DEVICE(tty) = {DEVICE_NUMBER(TTYAUX_MAJOR, TTY_MINOR), "tty", DEVICE_MODE, console_open_tty};
DEVICE(console) = {DEVICE_NUMBER(CONSOLE_MAJOR, CONSOLE_MINOR), "console", CONSOLE_MODE,
                   console_open_tty};

// One reference; NULL: the image has something else there.
static struct file *open_console(void) {
    struct path_entry *devices, *console;
    struct file *file = NULL;
    if (path_entry_lookup(path_root(), "dev", 3, &devices) != 0) {
        return NULL;
    }
    if (path_entry_lookup(devices, "console", 7, &console) == 0) {
        bool ours = S_ISCHR(console->inode->mode) &&
                    console->inode->rdev == DEVICE_NUMBER(CONSOLE_MAJOR, CONSOLE_MINOR);
        if (!ours) {
            path_entry_release(console);
        } else if (vfs_open_entry(console, O_RDWR, &file) != 0) {
            file = NULL;
        }
    }
    path_entry_release(devices);
    return file;
}

static void name_terminal(struct process *process) {
    struct fd_table *table = process->files;
    for (size_t fd = 0; table != NULL && fd < table->capacity; fd++) {
        struct file *nameless = table->slots[fd].file;
        struct file *named =
            nameless != NULL && S_ISCHR(nameless->anonymous_mode) ? open_console() : NULL;
        if (named != NULL) {
            named->private = nameless->private; // which of the host's streams it is
            table->slots[fd].file = named;
            file_release(nameless);
        }
    }
}
PROCESS_START_HOOK(2, name_terminal);
