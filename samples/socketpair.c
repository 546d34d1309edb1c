// Pairs of AF_UNIX sockets: streams, datagrams and sequenced packets, their ends, errors and states.
//
// syscalls: socketpair socket sendto recvfrom shutdown read write readv writev ppoll ioctl epoll_create1 epoll_ctl epoll_pwait fstat sendfile
// status: 0
// expect: refused EAFNOSUPPORT EAFNOSUPPORT ESOCKTNOSUPPORT EPROTONOSUPPORT works
// expect: socket 1, stream 5 hello, peek he, rest llo, empty EAGAIN
// expect: joined abcdef, wait all 6 ghijkl
// expect: waiting 3, poll 4 5 1 4, epoll 5
// expect: half closed 0, poll 2005, write EPIPE signals 1, no signal EPIPE 1
// expect: the other way 2
// expect: closed poll 2015, read 0, unread ECONNRESET then 0
// expect: full EAGAIN then 1, poll 0
// expect: datagrams 3 2 0, cut off 2, full length 5, too large EMSGSIZE
// expect: sequenced 3 2, end 0, EPIPE, poll 2015
// expect: datagram peer gone ECONNREFUSED then ENOTCONN
// expect: timed out EAGAIN
// expect: vectors 6 abcdef, file 4 file
// expect: not a socket ENOTSOCK, no file EBADF, seek ESPIPE, bad address EFAULT

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "errno_name.h"

static int pair[2];
static volatile int signals;

static void on_pipe(int number) {
    signals += number == SIGPIPE;
}

static void open_pair(int type) {
    socketpair(AF_UNIX, type, 0, pair);
}

static void close_pair(void) {
    close(pair[0]);
    close(pair[1]);
}

static int state(int fd, short events) {
    struct pollfd row = {.fd = fd, .events = events};
    poll(&row, 1, 0);
    return row.revents;
}

static void refused(void) {
    printf("refused %s", errno_name(socket(AF_APPLETALK, SOCK_STREAM, 0)));
    printf(" %s", errno_name(socket(99, SOCK_STREAM, 0)));
    printf(" %s", errno_name(socket(AF_UNIX, SOCK_RDM, 0)));
    printf(" %s", errno_name(socket(AF_UNIX, SOCK_STREAM, 7)));
    printf(" %s\n", errno_name(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, AF_UNIX)));
}

static void stream(void) {
    char text[32] = {0}, rest[32] = {0};
    struct stat stat;
    open_pair(SOCK_STREAM);
    fstat(pair[0], &stat);
    long sent = send(pair[0], "hello", 5, 0);
    recv(pair[1], text, 2, MSG_PEEK);
    recv(pair[1], rest, 2, 0);
    memset(rest, 0, sizeof rest);
    recv(pair[1], rest, sizeof rest, 0);
    printf("socket %d, stream %ld hello, peek %s, rest %s, empty %s\n", S_ISSOCK(stat.st_mode), sent, text, rest,
           errno_name(recv(pair[1], rest, 1, MSG_DONTWAIT)));
    memset(text, 0, sizeof text);
    memset(rest, 0, sizeof rest);
    write(pair[0], "abc", 3);
    write(pair[0], "def", 3);
    read(pair[1], text, sizeof text);
    write(pair[0], "ghi", 3);
    write(pair[0], "jkl", 3);
    long all = recv(pair[1], rest, 6, MSG_WAITALL);
    printf("joined %s, wait all %ld %s\n", text, all, rest);
    int waiting = 0, set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    int before = state(pair[1], POLLIN | POLLOUT);
    write(pair[0], "xyz", 3);
    ioctl(pair[1], FIONREAD, &waiting);
    epoll_ctl(set, EPOLL_CTL_ADD, pair[1], &event);
    epoll_wait(set, &event, 1, 0);
    printf("waiting %d, poll %x %x %x %x, epoll %x\n", waiting, before, state(pair[1], POLLIN | POLLOUT),
           state(pair[1], POLLIN), state(pair[0], POLLIN | POLLOUT), event.events);
    read(pair[1], text, sizeof text);
    close(set);
}

static void ends(void) {
    char text[8];
    shutdown(pair[0], SHUT_WR);
    long end = read(pair[1], text, 1);
    int events = state(pair[1], POLLIN | POLLOUT | POLLRDHUP);
    const char *broken = errno_name(write(pair[0], "x", 1));
    int told = signals;
    const char *quiet = errno_name(send(pair[0], "x", 1, MSG_NOSIGNAL));
    printf("half closed %ld, poll %x, write %s signals %d, no signal %s %d\n", end, events, broken, told, quiet, signals);
    write(pair[1], "ok", 2);
    printf("the other way %ld\n", (long)read(pair[0], text, 8));
    close(pair[0]);
    printf("closed poll %x, read %ld", state(pair[1], POLLIN | POLLOUT | POLLRDHUP), (long)read(pair[1], text, 1));
    close(pair[1]);
    open_pair(SOCK_STREAM);
    write(pair[0], "unread", 6);
    close(pair[1]);
    printf(", unread %s", errno_name(read(pair[0], text, 1)));
    printf(" then %ld\n", (long)read(pair[0], text, 1));
    close(pair[0]);
}

static void full(void) {
    static char block[4096], all[1 << 20];
    open_pair(SOCK_STREAM);
    while (send(pair[0], block, sizeof block, MSG_DONTWAIT) > 0) {
    }
    const char *result = errno_name(send(pair[0], "x", 1, MSG_DONTWAIT));
    int events = state(pair[0], POLLOUT);
    while (recv(pair[1], all, sizeof all, MSG_DONTWAIT) > 0) {
    }
    printf("full %s then %ld, poll %x\n", result, (long)send(pair[0], "x", 1, MSG_DONTWAIT), events);
    close_pair();
}

static void packets(void) {
    static char large[1 << 20];
    char text[8];
    open_pair(SOCK_DGRAM);
    send(pair[0], "abc", 3, 0);
    send(pair[0], "de", 2, 0);
    send(pair[0], "", 0, 0);
    long first = recv(pair[1], text, 8, 0), second = recv(pair[1], text, 8, 0), third = recv(pair[1], text, 8, 0);
    send(pair[0], "fghij", 5, 0);
    send(pair[0], "fghij", 5, 0);
    long cut = recv(pair[1], text, 2, 0), length = recv(pair[1], text, 2, MSG_TRUNC);
    printf("datagrams %ld %ld %ld, cut off %ld, full length %ld, too large %s\n", first, second, third, cut, length,
           errno_name(send(pair[0], large, sizeof large, 0)));
    close_pair();
    open_pair(SOCK_SEQPACKET);
    send(pair[0], "abc", 3, 0);
    send(pair[0], "de", 2, 0);
    first = recv(pair[1], text, 8, 0);
    second = recv(pair[1], text, 8, 0);
    close(pair[0]);
    printf("sequenced %ld %ld, end %ld", first, second, (long)recv(pair[1], text, 8, 0));
    printf(", %s, poll %x\n", errno_name(send(pair[1], "x", 1, MSG_NOSIGNAL)), state(pair[1], POLLIN | POLLOUT | POLLRDHUP));
    close(pair[1]);
    open_pair(SOCK_DGRAM);
    close(pair[1]);
    printf("datagram peer gone %s", errno_name(send(pair[0], "x", 1, 0)));
    printf(" then %s\n", errno_name(send(pair[0], "x", 1, 0)));
    close(pair[0]);
}

static void others(void) {
    char text[16] = {0}, back[16] = {0};
    struct timeval soon = {0, 1000};
    open_pair(SOCK_STREAM);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    printf("timed out %s\n", errno_name(recv(pair[0], text, 1, 0)));
    struct iovec out[] = {{"abc", 3}, {"def", 3}}, in[] = {{text, 2}, {text + 2, 8}};
    writev(pair[0], out, 2);
    long moved = readv(pair[1], in, 2);
    int file = open("/tmp/socketpair", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(file, "file", 4);
    off_t start = 0;
    sendfile(pair[0], file, &start, 4);
    printf("vectors %ld %s, file %ld %s\n", moved, text, (long)read(pair[1], back, 8), back);
    unlink("/tmp/socketpair");
    printf("not a socket %s", errno_name(send(file, "x", 1, 0)));
    printf(", no file %s", errno_name(send(99, "x", 1, 0)));
    printf(", seek %s", errno_name(lseek(pair[0], 0, SEEK_SET)));
    printf(", bad address %s\n", errno_name(send(pair[0], (void *)8, 1, 0)));
    close_pair();
}

int main(void) {
    signal(SIGPIPE, on_pipe);
    refused();
    stream();
    ends();
    full();
    packets();
    others();
    return 0;
}
