// Locks of open files and of processes: who is kept out, what is left when a part is given up.
//
// syscalls: flock fcntl
// status: 0
// expect: exclusive 0
// expect: second refused 1
// expect: both share 0 0
// expect: exchange refused 1, and the old one lost 0
// expect: closing gives up 0
// expect: record 0
// expect: another file's lock 1 from 0 for 40
// expect: the middle is free 0
// expect: read only may not write 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int lock(int fd, int command, short type, off_t start, off_t length) {
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    int result = fcntl(fd, command, &range);
    if (command == F_OFD_GETLK) {
        printf("another file's lock %d from %d for %d\n", range.l_type, (int)range.l_start,
               (int)range.l_len);
    }
    return result;
}

int main(void) {
    int first = open("/tmp/locked", O_RDWR | O_CREAT, 0600);
    int second = open("/tmp/locked", O_RDWR);
    printf("exclusive %d\n", flock(first, LOCK_EX));
    printf("second refused %d\n", flock(second, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    int shared = flock(first, LOCK_SH);
    printf("both share %d %d\n", shared, flock(second, LOCK_SH | LOCK_NB));
    printf("exchange refused %d", flock(first, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    printf(", and the old one lost %d\n", flock(second, LOCK_EX | LOCK_NB));
    flock(second, LOCK_SH);
    flock(first, LOCK_SH);
    close(first);
    printf("closing gives up %d\n", flock(second, LOCK_EX | LOCK_NB));
    first = open("/tmp/locked", O_RDWR);
    printf("record %d\n", lock(first, F_SETLK, F_WRLCK, 0, 100));
    lock(first, F_SETLK, F_UNLCK, 40, 20);
    lock(second, F_OFD_GETLK, F_WRLCK, 0, 0);
    printf("the middle is free %d\n", lock(second, F_OFD_SETLK, F_WRLCK, 40, 20));
    int reader = open("/tmp/locked", O_RDONLY);
    printf("read only may not write %d\n",
           lock(reader, F_SETLK, F_WRLCK, 0, 1) == -1 && errno == EBADF);
    return 0;
}
