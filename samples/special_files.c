// FIFOs and device nodes; modes and owners by descriptor; the newer calls' flags.
//
// syscalls: renameat2 mknodat fchmod fchown fchmodat2 faccessat2 renameat
// qemu-user: has no fchmodat2
// status: 0
// expect: fifo 10644
// expect: device 20600 103
// expect: writes to it 1
// expect: fchmod 4710
// expect: fchown 12 13 set-id gone 710
// expect: effective 0
// expect: bad flag 1
// expect: chmod of a link 1
// expect: renamed 1
// expect: whiteout 0 20000 0, with exchange EINVAL 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { WHITEOUT = 4, EXCHANGE = 2, NR_RENAMEAT2 = 276, NR_RENAMEAT = 38, NR_FACCESSAT2 = 439, NR_FCHMODAT2 = 452 };

int main(void) {
    struct stat status;
    umask(0);
    mkdir("/tmp/special", 0755);
    chdir("/tmp/special");
    mkfifo("fifo", 0644);
    stat("fifo", &status);
    printf("fifo %o\n", (unsigned)status.st_mode);
    mknod("null", S_IFCHR | 0600, makedev(1, 3));
    stat("null", &status);
    printf("device %o %x\n", (unsigned)status.st_mode, (unsigned)status.st_rdev);
    int null = open("null", O_WRONLY);
    printf("writes to it %d\n", (int)write(null, "x", 1));
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    fchmod(fd, 04710);
    fstat(fd, &status);
    printf("fchmod %o\n", (unsigned)status.st_mode & 07777);
    fchown(fd, 12, 13);
    fstat(fd, &status);
    printf("fchown %d %d set-id gone %o\n", (int)status.st_uid, (int)status.st_gid, (unsigned)status.st_mode & 07777);
    printf("effective %ld\n", syscall(NR_FACCESSAT2, AT_FDCWD, "file", R_OK, AT_EACCESS));
    printf("bad flag %d\n", syscall(NR_FACCESSAT2, AT_FDCWD, "file", R_OK, 1) == -1 && errno == EINVAL);
    symlink("file", "link");
    printf("chmod of a link %d\n",
           syscall(NR_FCHMODAT2, AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW) == -1 && errno == EOPNOTSUPP);
#if defined(__aarch64__)
    syscall(NR_RENAMEAT, AT_FDCWD, "file", AT_FDCWD, "moved");
#else
    rename("file", "moved");
#endif
    printf("renamed %d\n", access("moved", F_OK) == 0 && access("file", F_OK) == -1);
    int left = (int)syscall(NR_RENAMEAT2, AT_FDCWD, "moved", AT_FDCWD, "again", WHITEOUT);
    lstat("moved", &status);
    printf("whiteout %d %o %lx, with exchange EINVAL %d\n", left, (unsigned)status.st_mode, (long)status.st_rdev,
           syscall(NR_RENAMEAT2, AT_FDCWD, "fifo", AT_FDCWD, "null", WHITEOUT | EXCHANGE) == -1 && errno == EINVAL);
    unlink("again");
    unlink("fifo");
    unlink("null");
    unlink("link");
    unlink("moved");
    chdir("/");
    rmdir("/tmp/special");
    return 0;
}
