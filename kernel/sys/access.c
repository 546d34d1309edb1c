// faccessat(2) and faccessat2(2). Unlike everything else they ask for the real user, whose
// capabilities are then those that the user would have: all permitted ones for root, none for
// others.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "path.h"
#include "syscall.h"
#include "thread.h"

enum { MAY_ALL = MAY_READ | MAY_WRITE | MAY_EXEC };

static struct credentials real_credentials(void) {
    struct credentials real = *credentials_current();
    real.fsuid = real.uid;
    real.fsgid = real.gid;
    real.effective = real.uid == 0 ? real.permitted : 0;
    return real;
}

static int check(int dirfd, const char __user *path, unsigned may, unsigned flags,
                 const struct credentials *who) {
    struct path_walk walk;
    int error = path_walk_start(&walk, dirfd, path, flags);
    walk.credentials = who;
    if (error == 0) {
        error = path_walk_parent(&walk);
    }
    if (error == 0) {
        error = path_walk_last(&walk);
    }
    if (error == 0 && may != 0) {
        error = inode_permission(walk.at->inode, may, who);
    }
    path_walk_end(&walk);
    return error;
}

static int check_access(int dirfd, const char __user *path, int mode, int flags) {
    if ((mode & ~MAY_ALL) != 0 ||
        (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    unsigned walk = path_walk_flags(flags);
    if ((flags & AT_EACCESS) != 0) {
        return check(dirfd, path, (unsigned)mode, walk, credentials_current());
    }
    struct credentials real = real_credentials();
    return check(dirfd, path, (unsigned)mode, walk, &real);
}

SYSCALL(faccessat)(int dirfd, const char __user *path, int mode) {
    return check_access(dirfd, path, mode, 0);
}

SYSCALL(faccessat2)(int dirfd, const char __user *path, int mode, int flags) {
    return check_access(dirfd, path, mode, flags);
}
