// fcntl(2): record locks of a process, and of an open file (F_OFD_*).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "fcntl.h"
#include "fd.h"
#include "lock.h"
#include "thread.h"
#include "usercopy.h"
#include "vfs.h"

static bool of_open_file(unsigned int command) {
    return command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

static bool waits(unsigned int command) {
    return command == F_SETLKW || command == F_OFD_SETLKW;
}

static bool asks(unsigned int command) {
    return command == F_GETLK || command == F_OFD_GETLK;
}

static int find_start(const struct file *file, const struct flock *asked, off_t *start) {
    off_t base = 0;
    if (asked->l_whence == SEEK_CUR) {
        base = file->offset;
    } else if (asked->l_whence == SEEK_END) {
        base = file->inode->size;
    } else if (asked->l_whence != SEEK_SET) {
        return -EINVAL;
    }
    return __builtin_add_overflow(base, asked->l_start, start) ? -EOVERFLOW : 0;
}

// A negative length reaches back from the start; 0 goes to the end of all files.
static int find_range(const struct file *file, const struct flock *asked,
                      struct lock_range *range) {
    off_t start;
    int error = find_start(file, asked, &start);
    if (error != 0) {
        return error;
    }
    if (start < 0 || (asked->l_len < 0 && start + asked->l_len < 0)) {
        return -EINVAL;
    }
    if (asked->l_len < 0) {
        range->start = start + asked->l_len;
        range->end = start - 1;
        return 0;
    }
    range->start = start;
    range->end = INT64_MAX;
    bool overflows =
        asked->l_len > 0 && __builtin_add_overflow(start, asked->l_len - 1, &range->end);
    return overflows ? -EOVERFLOW : 0;
}

static int make_range(struct file *file, const struct flock *asked, unsigned int command,
                      struct lock_range *range) {
    bool open_file = of_open_file(command);
    if (open_file && asked->l_pid != 0) {
        return -EINVAL;
    }
    if (asked->l_type != F_RDLCK && asked->l_type != F_WRLCK && asked->l_type != F_UNLCK) {
        return -EINVAL;
    }
    if (asked->l_type == F_UNLCK && command == F_GETLK) {
        return -EINVAL;
    }
    *range = (struct lock_range){
        .inode = file->inode,
        .owner = open_file ? (const void *)file : process_current()->files,
        .file = open_file ? file : NULL,
        .kind = LOCK_RECORD,
        .type = asked->l_type,
        .pid = open_file ? -1 : process_current()->pid,
    };
    return find_range(file, asked, range);
}

static void describe(const struct lock_range *found, struct flock *answer) {
    answer->l_type = F_UNLCK;
    if (found != NULL) {
        answer->l_type = (short)found->type;
        answer->l_whence = SEEK_SET;
        answer->l_start = found->start;
        answer->l_len = found->end == INT64_MAX ? 0 : found->end - found->start + 1;
        answer->l_pid = found->pid;
    }
}

static bool may_set(const struct file *file, const struct lock_range *range) {
    uint32_t access = file->flags & O_ACCMODE;
    return !(range->type == F_RDLCK && access == O_WRONLY) &&
           !(range->type == F_WRLCK && access == O_RDONLY);
}

static long record_lock(struct file *file, unsigned int command, uint64_t argument) {
    struct flock asked;
    if (!asks(command) && !waits(command) && command != F_SETLK && command != F_OFD_SETLK) {
        return -ENOSYS;
    }
    if (copy_from_user(&asked, (const void __user *)argument, sizeof(asked)) != 0) {
        return -EFAULT;
    }
    if (file->inode == NULL) {
        return -EINVAL; // the console: nobody shares it
    }
    struct lock_range range;
    int error = make_range(file, &asked, command, &range);
    if (error != 0) {
        return error;
    }
    if (asks(command)) {
        describe(lock_conflict(&range), &asked);
        return copy_to_user((void __user *)argument, &asked, sizeof(asked));
    }
    return may_set(file, &range) ? lock_set(&range, waits(command)) : -EBADF;
}
FCNTL_HOOK(lock, record_lock);

// Closing any descriptor of a file takes all of the process's locks on it (fcntl(2), "Advisory
// record locking").
static void closing(struct file *file) {
    if (file->inode != NULL) {
        lock_drop(file->inode, process_current()->files);
    }
}
FD_CLOSE_HOOK(lock, closing);
