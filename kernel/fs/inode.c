// What every inode has, whatever file system it lives in: references, owner and times.
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "clock.h"
#include "path.h"
#include "report.h"
#include "thread.h"
#include "vfs.h"

#define RELATIME_NS (24L * 3600 * (int64_t)NSEC_PER_SEC)

void inode_hold(struct inode *inode) {
    inode->references++;
}

void inode_release(struct inode *inode) {
    ASSERT(inode->references > 0);
    if (--inode->references > 0) {
        return;
    }
    for (struct inode_attachment *next, *attached = inode->attached; attached != NULL;
         attached = next) {
        next = attached->next;
        attached->gone(inode, attached);
    }
    if (inode->ops->destroy != NULL) {
        inode->ops->destroy(inode);
    }
}

void inode_touch(struct inode *inode, unsigned times) {
    int64_t now = (int64_t)clock_realtime_ns();
    if ((times & INODE_ATIME) != 0) {
        inode->atime_ns = now;
    }
    if ((times & INODE_MTIME) != 0) {
        inode->mtime_ns = now;
    }
    if ((times & INODE_CTIME) != 0) {
        inode->ctime_ns = now;
    }
}

void inode_accessed(const struct file *file) {
    struct inode *inode = file->inode;
    if ((file->flags & O_NOATIME) != 0) {
        return;
    }
    int64_t now = (int64_t)clock_realtime_ns();
    if (inode->atime_ns <= inode->mtime_ns || inode->atime_ns <= inode->ctime_ns ||
        now - inode->atime_ns >= RELATIME_NS) {
        inode->atime_ns = now;
    }
}

// A directory with the setgid bit hands its group down, and the bit itself to directories
// (inode(7)).
void inode_init(struct inode *inode, const struct inode *dir, mode_t mode) {
    const struct credentials *who = credentials_current();
    inode->references = 1;
    inode->mode = mode;
    inode->uid = who->fsuid;
    inode->gid = who->fsgid;
    inode->links = 1;
    if (dir != NULL && (dir->mode & S_ISGID) != 0) {
        inode->gid = dir->gid;
        if (S_ISDIR(mode)) {
            inode->mode |= S_ISGID;
        } else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
                   !credentials_in_group(who, inode->gid) &&
                   !credentials_capable(who, CAP_FSETID)) {
            inode->mode &= ~(mode_t)S_ISGID;
        }
    }
    inode_touch(inode, INODE_ATIME | INODE_MTIME | INODE_CTIME);
    inode->mtime_ns = inode->ctime_ns = inode->btime_ns = inode->atime_ns;
}

void inode_drop_privileges(struct inode *inode) {
    mode_t drop = inode->mode & S_ISUID;
    if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
        drop |= S_ISGID;
    }
    if (drop != 0 && !credentials_capable(credentials_current(), CAP_FSETID)) {
        inode->mode &= ~drop;
    }
}
