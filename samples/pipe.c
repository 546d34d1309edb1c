// A pipe holds bytes, ends at close, and a write without a reader is EPIPE.
//
// syscalls: pipe2
// status: 0
// expect: pipe 0
// expect: empty 1
// expect: waiting 5
// expect: read 5 hello
// expect: holds 65536
// expect: broken 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void) {
    int fds[2], waiting = 0;
    char buffer[16] = {0};
    printf("pipe %d\n", pipe2(fds, O_NONBLOCK));
    printf("empty %d\n", read(fds[0], buffer, 1) == -1 && errno == EAGAIN);
    write(fds[1], "hello", 5);
    ioctl(fds[0], FIONREAD, &waiting);
    printf("waiting %d\n", waiting);
    printf("read %zd %s\n", read(fds[0], buffer, sizeof buffer), buffer);
    long total = 0;
    char page[4096] = {0};
    while (write(fds[1], page, sizeof page) > 0) {
        total += sizeof page;
    }
    printf("holds %ld\n", total);
    signal(SIGPIPE, SIG_IGN);
    close(fds[0]);
    printf("broken %d\n", write(fds[1], "x", 1) == -1 && errno == EPIPE);
    return 0;
}
