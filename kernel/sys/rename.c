// renameat2(2). AArch64 has renameat(2) as well (arch/aarch64/renameat.c).
#include <asm/errno.h>
#include <linux/fs.h>

#include "path.h"
#include "syscall.h"

SYSCALL(renameat2)
(int olddirfd, const char __user *oldpath, int newdirfd, const char __user *newpath,
 unsigned int flags) {
    if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0 ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE)) {
        return -EINVAL;
    }
    return path_rename(olddirfd, oldpath, newdirfd, newpath, flags);
}
