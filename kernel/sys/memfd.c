// memfd_create(2): a file of the memory file system that never has a name.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/stat.h>

#include "../fs/tmpfs.h"
#include "path.h"
#include "string.h"
#include "syscall.h"
#include "usercopy.h"

#define PREFIX "memfd:"

enum { PREFIX_LENGTH = sizeof(PREFIX) - 1, NAME_SIZE = 250, MEMFD_MODE = S_IFREG | 0777 };
enum { MEMFD_MINOR = 1 };

// The name is for /proc/self/fd only.
static struct path_entry *new_entry(const char *name, size_t length) {
    struct inode *inode = tmpfs_inode_new(NULL, MEMFD_MODE);
    if (inode == NULL) {
        return NULL;
    }
    inode->links = 0;
    inode->device = DEVICE_NUMBER(0, MEMFD_MINOR); // as on Linux, a file system of its own
    struct path_entry *entry = path_entry_new(path_root(), name, length, inode);
    if (entry != NULL) {
        path_entry_remove(entry);
    }
    return entry;
}

SYSCALL(memfd_create)(const char __user *name, unsigned int flags) {
    if ((flags & ~(unsigned)MFD_CLOEXEC) != 0) {
        return -EINVAL;
    }
    char text[NAME_SIZE] = PREFIX;
    ssize_t length = string_from_user(text + PREFIX_LENGTH, name, NAME_SIZE - PREFIX_LENGTH);
    if (length < 0) {
        return length == -ENAMETOOLONG ? -EINVAL : length;
    }
    struct path_entry *entry = new_entry(text, (size_t)length + PREFIX_LENGTH);
    struct file *file;
    int error = entry == NULL ? -ENOMEM : vfs_open_entry(entry, O_RDWR, &file);
    return error != 0 ? error : fd_install(file, 0, (flags & MFD_CLOEXEC) != 0);
}
