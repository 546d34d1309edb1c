// statx, openat2 and the empty path.
//
// syscalls: statx openat2 newfstatat
// qemu-user: has no openat2
// status: 0
// expect: size 5 regular 1
// expect: same inode 1
// expect: birth 1
// expect: by descriptor 5
// expect: beneath refused 1
// expect: no links 1
// expect: inside 1
// expect: bad size 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NR_OPENAT2 = 437, NO_SYMLINKS = 4, BENEATH = 8 };

struct how {
    uint64_t flags, mode, resolve;
};

static long open_how(int dir, const char *path, uint64_t resolve, size_t size) {
    struct how how = {.flags = O_RDONLY, .resolve = resolve};
    return syscall(NR_OPENAT2, dir, path, &how, size);
}

int main(void) {
    mkdir("/tmp/forms", 0755);
    int dir = open("/tmp/forms", O_RDONLY | O_DIRECTORY);
    int fd = openat(dir, "file", O_RDWR | O_CREAT, 0644);
    write(fd, "12345", 5);
    symlinkat("file", dir, "link");
    struct statx extended;
    struct stat plain;
    statx(dir, "link", 0, STATX_ALL, &extended);
    fstat(fd, &plain);
    printf("size %d regular %d\n", (int)extended.stx_size, S_ISREG(extended.stx_mode));
    printf("same inode %d\n", extended.stx_ino == plain.st_ino);
    printf("birth %d\n", (extended.stx_mask & STATX_BTIME) != 0 && extended.stx_btime.tv_sec > 0);
    fstatat(fd, "", &plain, AT_EMPTY_PATH);
    printf("by descriptor %d\n", (int)plain.st_size);
    printf("beneath refused %d\n", open_how(dir, "../x", BENEATH, sizeof(struct how)) == -1 && errno == EXDEV);
    printf("no links %d\n", open_how(dir, "link", NO_SYMLINKS, sizeof(struct how)) == -1 && errno == ELOOP);
    printf("inside %d\n", open_how(dir, "link", BENEATH, sizeof(struct how)) >= 0);
    printf("bad size %d\n", open_how(dir, "link", 0, 4) == -1 && errno == EINVAL);
    unlinkat(dir, "file", 0);
    unlinkat(dir, "link", 0);
    rmdir("/tmp/forms");
    return 0;
}
