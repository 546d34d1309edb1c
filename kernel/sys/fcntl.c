// fcntl(2): what concerns the descriptor and the open file. Other commands come from the set of
// fcntl.h.
#include "fcntl.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/resource.h>

#include "fd.h"
#include "syscall.h"
#include "thread.h"

// What F_SETFL may change (fcntl(2)).
enum { SETTABLE_FLAGS = O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT | FASYNC };

SET_DECLARE(fcntl, fcntl_fn);

static long duplicate(struct file *file, uint64_t lowest, bool close_on_exec) {
    if (lowest >= process_current()->limits[RLIMIT_NOFILE].current) {
        return -EINVAL;
    }
    file_hold(file);
    return fd_install(file, (int)lowest, close_on_exec);
}

static long ask_subsystems(struct file *file, unsigned int command, uint64_t argument) {
    SET_FOR_EACH (hook, fcntl, fcntl_fn) {
        long result = (*hook)(file, command, argument);
        if (result != -ENOSYS) {
            return result;
        }
    }
    return -EINVAL;
}

static long control_file(struct file *file, unsigned int command, uint64_t argument) {
    switch (command) {
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        file->flags =
            (file->flags & ~(uint32_t)SETTABLE_FLAGS) | ((uint32_t)argument & SETTABLE_FLAGS);
        return 0;
    case F_GETOWN:
        return file->owner;
    case F_SETOWN:
        file->owner = (int)argument;
        return 0;
    default:
        return ask_subsystems(file, command, argument);
    }
}

static bool allowed_on_path(unsigned int command) {
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_GETFD ||
           command == F_SETFD || command == F_GETFL;
}

SYSCALL(fcntl)(unsigned int fd, unsigned int cmd, unsigned long arg) {
    struct fd_slot *slot = fd_slot((int)fd);
    if (slot == NULL || ((slot->file->flags & O_PATH) != 0 && !allowed_on_path(cmd))) {
        return -EBADF;
    }
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(slot->file, arg, cmd == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return slot->close_on_exec ? FD_CLOEXEC : 0;
    case F_SETFD:
        slot->close_on_exec = (arg & FD_CLOEXEC) != 0;
        return 0;
    default:
        break;
    }
    struct file *file = fd_get((int)fd);
    long result = control_file(file, cmd, arg);
    file_release(file);
    return result;
}
