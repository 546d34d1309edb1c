// renameat(2): newer architectures have only renameat2(2).
#include "path.h"
#include "syscall.h"

SYSCALL(renameat)
(int olddirfd, const char __user *oldpath, int newdirfd, const char __user *newpath) {
    return path_rename(olddirfd, oldpath, newdirfd, newpath, 0);
}
