// poll sees what can be read, written, and what has hung up.
//
// syscalls: ppoll pselect6
// status: 0
// expect: poll 2: 0 4 20
// expect: nothing 0
// expect: readable 1 1
// expect: select 1 1
// expect: hung up 1 10

#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <unistd.h>

int main(void) {
    int fds[2];
    pipe(fds);
    struct pollfd set[3] = {{fds[0], POLLIN, 0}, {fds[1], POLLOUT, 0}, {77, POLLIN, 0}};
    printf("poll %d:", poll(set, 3, 0));
    printf(" %x %x %x\n", (unsigned)set[0].revents, (unsigned)set[1].revents, (unsigned)set[2].revents);
    printf("nothing %d\n", poll(set, 1, 10));
    write(fds[1], "x", 1);
    printf("readable %d %x\n", poll(set, 1, -1), (unsigned)set[0].revents);
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(fds[0], &readable);
    struct timeval wait = {1, 0};
    printf("select %d %d\n", select(fds[0] + 1, &readable, NULL, NULL, &wait), !!FD_ISSET(fds[0], &readable));
    char c;
    read(fds[0], &c, 1);
    close(fds[1]);
    printf("hung up %d %x\n", poll(set, 1, -1), (unsigned)set[0].revents);
    return 0;
}
