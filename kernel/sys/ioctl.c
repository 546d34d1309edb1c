// ioctl(2): what every file answers alike; the rest is the file's.
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "fd.h"
#include "syscall.h"
#include "usercopy.h"
#include "vfs.h"

static long set_nonblocking(struct file *file, const int __user *argument) {
    int on;
    if (get_user(on, argument) != 0) {
        return -EFAULT;
    }
    file->flags = on != 0 ? file->flags | O_NONBLOCK : file->flags & ~(uint32_t)O_NONBLOCK;
    return 0;
}

static bool is_regular(const struct file *file) {
    return file->inode != NULL && S_ISREG(file->inode->mode);
}

SYSCALL(ioctl)(unsigned int fd, unsigned int cmd, unsigned long arg) {
    struct fd_slot *slot = fd_slot((int)fd);
    if (slot == NULL || (slot->file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    switch (cmd) {
    case FIOCLEX:
    case FIONCLEX:
        slot->close_on_exec = cmd == FIOCLEX;
        return 0;
    case FIONBIO:
        return set_nonblocking(slot->file, (const int __user *)arg);
    case FIONREAD:
        if (is_regular(slot->file)) {
            off_t rest = slot->file->inode->size - slot->file->offset;
            return put_user((int)rest, (int __user *)arg);
        }
        break; // others count for themselves
    default:
        break;
    }
    if (slot->file->ops->ioctl == NULL) {
        return -ENOTTY;
    }
    struct file *file = fd_get((int)fd);
    long result = file->ops->ioctl(file, cmd, arg);
    file_release(file);
    return result;
}
