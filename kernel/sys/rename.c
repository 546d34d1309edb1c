// renameat2(2). AArch64 has renameat(2) as well (arch/aarch64/renameat.c).
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fs.h>

#include "path.h"
#include "syscall.h"

SYSCALL(renameat2)
(int olddirfd, const char __user *oldpath, int newdirfd, const char __user *newpath,
 unsigned int flags) {
    bool together = (flags & RENAME_EXCHANGE) != 0 && flags != RENAME_EXCHANGE;
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0 || together) {
        return -EINVAL;
    }
    if ((flags & RENAME_WHITEOUT) != 0 && !credentials_capable(credentials_current(), CAP_MKNOD)) {
        return -EPERM;
    }
    return path_rename(olddirfd, oldpath, newdirfd, newpath, flags);
}
