// Open, write, seek, read, append, truncate.
//
// syscalls: openat read write lseek ftruncate fstat close unlinkat pread64 pwrite64
// status: 0
// expect: write 10
// expect: seek 6
// expect: read 4 6789
// expect: again 1
// expect: size 12 mode 100640 links 1
// expect: pread 2 12
// expect: write only 1
// expect: unlinked, still 3
// expect: gone 1
// expect: close 0 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    char buffer[32] = {0};
    int fd = open("/tmp/files", O_RDWR | O_CREAT | O_EXCL, 0640);
    printf("write %zd\n", write(fd, "0123456789", 10));
    printf("seek %ld\n", (long)lseek(fd, -4, SEEK_END));
    printf("read %zd %s\n", read(fd, buffer, sizeof buffer), buffer);
    printf("again %d\n", open("/tmp/files", O_RDWR | O_CREAT | O_EXCL, 0640) == -1 && errno == EEXIST);
    int append = open("/tmp/files", O_WRONLY | O_APPEND);
    write(append, "ab", 2);
    struct stat status;
    fstat(fd, &status);
    printf("size %ld mode %o links %d\n", (long)status.st_size, (unsigned)status.st_mode, (int)status.st_nlink);
    ftruncate(fd, 3);
    memset(buffer, 0, sizeof buffer);
    printf("pread %zd %s\n", pread(fd, buffer, sizeof buffer, 1), buffer);
    printf("write only %d\n", read(append, buffer, 1) == -1 && errno == EBADF);
    unlink("/tmp/files");
    printf("unlinked, still %zd\n", pwrite(fd, "xyz", 3, 0));
    printf("gone %d\n", open("/tmp/files", O_RDONLY) == -1 && errno == ENOENT);
    printf("close %d %d\n", close(fd), close(fd) == -1 && errno == EBADF);
    return 0;
}
