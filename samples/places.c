// Positions of one's own: preadv, pwritev, truncate, copy_file_range, fchdir, chroot.
//
// syscalls: preadv pwritev truncate copy_file_range fchdir chroot statfs fstatfs
// status: 0
// expect: pwritev 6 preadv 6 cdabef
// expect: position 0
// expect: truncate 0 size 3
// expect: copied 3 at 3 data abc
// expect: fchdir 0 /tmp/places
// expect: same 1
// expect: chroot 0 sees 1
// expect: no way out 1

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
    char a[3] = {0}, b[5] = {0}, cwd[64], data[4] = {0};
    struct iovec out[2] = {{"ab", 2}, {"cdef", 4}};
    struct stat status;
    struct statfs one, other;
    mkdir("/tmp/places", 0755);
    int dir = open("/tmp/places", O_RDONLY | O_DIRECTORY);
    int fd = openat(dir, "file", O_RDWR | O_CREAT, 0600);
    int written = (int)pwritev(fd, out, 2, 0);
    struct iovec all[3] = {{b, 2}, {a, 2}, {data, 2}};
    int got = (int)preadv(fd, all, 3, 0);
    printf("pwritev %d preadv %d %s%s%s\n", written, got, a, b, data);
    printf("position %d\n", (int)lseek(fd, 0, SEEK_CUR));
    int cut = truncate("/tmp/places/file", 3);
    fstat(fd, &status);
    printf("truncate %d size %d\n", cut, (int)status.st_size);
    int to = openat(dir, "copy", O_RDWR | O_CREAT, 0600);
    off_t from = 0;
    ssize_t copied = copy_file_range(fd, &from, to, NULL, 100, 0);
    memset(data, 0, sizeof data);
    pread(to, data, 3, 0);
    printf("copied %d at %d data %s\n", (int)copied, (int)from, data);
    int moved = fchdir(dir);
    printf("fchdir %d %s\n", moved, getcwd(cwd, sizeof cwd));
    statfs("/tmp/places", &one);
    fstatfs(fd, &other);
    printf("same %d\n", one.f_type == other.f_type && one.f_bsize == other.f_bsize && one.f_namelen == 255);
    mkdir("/tmp/places/root", 0755);
    close(open("/tmp/places/root/inside", O_CREAT | O_WRONLY, 0600));
    printf("chroot %d", chroot("/tmp/places/root"));
    chdir("/");
    printf(" sees %d\n", access("/inside", F_OK) == 0);
    printf("no way out %d\n", access("/../inside", F_OK) == 0 && access("/tmp", F_OK) == -1);
    fchdir(dir);
    unlink("root/inside");
    rmdir("root");
    unlink("file");
    unlink("copy");
    return 0;
}
