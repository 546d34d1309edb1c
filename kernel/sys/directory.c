// chdir(2), fchdir(2), chroot(2).
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "path.h"
#include "syscall.h"

static int check_directory(const struct path_entry *entry) {
    if (!S_ISDIR(entry->inode->mode)) {
        return -ENOTDIR;
    }
    return inode_permission(entry->inode, MAY_EXEC, credentials_current());
}

// Consumes the reference to `entry`.
static int change(struct path_entry **place, struct path_entry *entry) {
    int error = check_directory(entry);
    if (error != 0) {
        path_entry_release(entry);
        return error;
    }
    path_entry_release(*place);
    *place = entry;
    return 0;
}

SYSCALL(chdir)(const char __user *path) {
    struct path_entry *entry;
    int error = path_find(AT_FDCWD, path, WALK_FOLLOW, &entry);
    return error != 0 ? error : change(&fs_context_current()->cwd, entry);
}

SYSCALL(fchdir)(unsigned int fd) {
    struct path_entry *entry;
    int error = path_entry_of_fd((int)fd, &entry);
    return error != 0 ? error : change(&fs_context_current()->cwd, entry);
}

SYSCALL(chroot)(const char __user *path) {
    struct path_entry *entry;
    int error = path_find(AT_FDCWD, path, WALK_FOLLOW, &entry);
    if (error != 0) {
        return error;
    }
    error = check_directory(entry);
    if (error == 0 && !credentials_capable(credentials_current(), CAP_SYS_CHROOT)) {
        error = -EPERM;
    }
    if (error != 0) {
        path_entry_release(entry);
        return error;
    }
    return change(&fs_context_current()->root, entry);
}
