// Everything that asks for data to be safe answers, and says when it cannot be asked.
//
// syscalls: sync fsync fdatasync syncfs sync_file_range readahead fadvise64
// status: 0
// expect: fsync 0 fdatasync 0
// expect: syncfs 0
// expect: range 0
// expect: readahead 0
// expect: advice 0 bad 1
// expect: pipe refused 1 1
// expect: closed refused 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int fd = open("/tmp/durable", O_RDWR | O_CREAT | O_TRUNC, 0600), fds[2];
    write(fd, "data", 4);
    sync();
    printf("fsync %d fdatasync %d\n", fsync(fd), fdatasync(fd));
    printf("syncfs %d\n", syncfs(fd));
    printf("range %d\n", sync_file_range(fd, 0, 4, SYNC_FILE_RANGE_WRITE));
    printf("readahead %d\n", (int)readahead(fd, 0, 4));
    printf("advice %d bad %d\n", posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), posix_fadvise(fd, 0, 0, 99) == EINVAL);
    pipe(fds);
    printf("pipe refused %d %d\n", fsync(fds[0]) == -1 && errno == EINVAL, posix_fadvise(fds[0], 0, 0, 0) == ESPIPE);
    close(fd);
    printf("closed refused %d\n", fsync(fd) == -1 && errno == EBADF);
    unlink("/tmp/durable");
    return 0;
}
