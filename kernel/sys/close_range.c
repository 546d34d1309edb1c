// close_range(2).
#include <asm/errno.h>
#include <linux/close_range.h>

#include "fd.h"
#include "syscall.h"
#include "thread.h"

static int unshare(struct process *process) {
    if (process->files->references == 1) {
        return 0;
    }
    struct fd_table *own = fd_table_copy(process->files);
    if (own == NULL) {
        return -ENOMEM;
    }
    fd_table_release(process->files);
    process->files = own;
    return 0;
}

SYSCALL(close_range)(unsigned int first, unsigned int last, unsigned int flags) {
    if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 || first > last) {
        return -EINVAL;
    }
    struct process *process = process_current();
    if ((flags & CLOSE_RANGE_UNSHARE) != 0) {
        int error = unshare(process);
        if (error != 0) {
            return error;
        }
    }
    for (size_t fd = first; fd <= last && fd < process->files->capacity; fd++) {
        struct fd_slot *slot = fd_slot((int)fd);
        if (slot == NULL) {
            continue;
        }
        if ((flags & CLOSE_RANGE_CLOEXEC) != 0) {
            slot->close_on_exec = true;
        } else {
            fd_close((int)fd);
        }
    }
    return 0;
}
