// statfs(2) and fstatfs(2).
#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "path.h"
#include "syscall.h"
#include "usercopy.h"

// What lives in no file system that has room to speak of: pipes, the console, events.
static void describe_anonymous(mode_t mode, struct statfs *space) {
    *space = (struct statfs){
        .f_type = S_ISFIFO(mode) ? PIPEFS_MAGIC : ANON_INODE_FS_MAGIC,
        .f_bsize = PAGE_SIZE,
        .f_frsize = PAGE_SIZE,
        .f_namelen = NAME_MAX,
    };
}

static int describe(const struct inode *inode, struct statfs __user *to) {
    struct statfs space;
    if (inode->ops->statfs != NULL) {
        inode->ops->statfs(inode, &space);
    } else {
        describe_anonymous(inode->mode, &space);
    }
    return copy_to_user(to, &space, sizeof(space));
}

SYSCALL(statfs)(const char __user *path, struct statfs __user *buf) {
    struct path_entry *entry;
    int error = path_find(AT_FDCWD, path, WALK_FOLLOW, &entry);
    if (error == 0) {
        error = describe(entry->inode, buf);
        path_entry_release(entry);
    }
    return error;
}

SYSCALL(fstatfs)(unsigned int fd, struct statfs __user *buf) {
    struct path_entry *entry;
    int error = path_entry_of_fd((int)fd, &entry);
    if (error == 0) {
        error = describe(entry->inode, buf);
        path_entry_release(entry);
    }
    return error;
}
