// Messages with headers: open files and credentials travel with bytes; options; many at a time.
//
// syscalls: sendmsg recvmsg sendmmsg recvmmsg setsockopt getsockopt socketpair
// qemu-user from 10: forgets receive timeouts
// status: 0
// expect: file through 5 bytes: works, flags 0, at exec closed 1
// expect: with no room 8, flags 8, nothing leaks 1
// expect: peek 1 then 1, files 2
// expect: streams stop behind files 3 3
// expect: credentials mine 1, unasked 1, wrong EPERM, bad file EBADF, too many EINVAL
// expect: before anybody asked 0 65534 65534
// expect: cut off 4, flags 20, name 2
// expect: many 3: 1 2 3, received 3: 1 2 3, then EAGAIN, at least one 2
// expect: itself closed in its own queue 0
// expect: type 1 domain 1 protocol 0 error 0 listening 0
// expect: buffers 8192 4608 1, timeout 1.500000, linger 1 7, low 5, reuse 1 0
// expect: refused ENOPROTOOPT ENOPROTOOPT EINVAL EOPNOTSUPP EDOM ENOTSOCK
// expect: vectors EMSGSIZE, address on a stream EISCONN

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "errno_name.h"

static int pair[2];
static char control[4096];
static struct iovec piece;
static struct msghdr message;

static void open_pair(int type) {
    socketpair(AF_UNIX, type, 0, pair);
}

static void close_pair(void) {
    close(pair[0]);
    close(pair[1]);
}

static void prepare(void *bytes, size_t size, size_t control_size) {
    piece = (struct iovec){bytes, size};
    message = (struct msghdr){.msg_iov = &piece, .msg_iovlen = 1};
    message.msg_control = control_size ? control : NULL;
    message.msg_controllen = control_size;
}

static void attach(int type, const void *data, size_t size) {
    memset(control, 0, sizeof control);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), data, size);
}

static long send_files(char *bytes, const int *fds, size_t count) {
    prepare(bytes, strlen(bytes), 0);
    attach(SCM_RIGHTS, fds, count * sizeof(int));
    return sendmsg(pair[0], &message, 0);
}

static int last_file;

// How many files came; they are closed, but for the last.
static int take_files(void) {
    int count = 0;
    last_file = -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_type == SCM_RIGHTS) {
            int came = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            for (int i = 0; i < came; i++) {
                close(last_file);
                memcpy(&last_file, CMSG_DATA(header) + (size_t)i * sizeof(int), sizeof(int));
            }
            count += came;
        }
    }
    return count;
}

static int next_free(void) {
    int fd = dup(0);
    close(fd);
    return fd;
}

static void rights(void) {
    char text[16] = {0};
    int ends[2];
    pipe(ends);
    open_pair(SOCK_STREAM);
    send_files("bytes", &ends[1], 1);
    close(ends[1]);
    prepare(text, sizeof text, sizeof control);
    long got = recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC);
    take_files();
    write(last_file, "works", 5);
    int closed = fcntl(last_file, F_GETFD) == FD_CLOEXEC;
    int flags = message.msg_flags & ~MSG_CMSG_CLOEXEC;
    close(last_file);
    memset(text, 0, sizeof text);
    read(ends[0], text, 5);
    printf("file through %ld bytes: %s, flags %x, at exec closed %d\n", got, text, flags, closed);
    int before = next_free();
    send_files("no place", ends, 1);
    prepare(text, sizeof text, 0);
    got = recvmsg(pair[1], &message, 0);
    printf("with no room %ld, flags %x, nothing leaks %d\n", got, message.msg_flags, before == next_free());
    int two[] = {ends[0], ends[0]};
    send_files("peeked", two, 2);
    prepare(text, 1, sizeof control);
    long peeked = recvmsg(pair[1], &message, MSG_PEEK);
    int number = take_files();
    prepare(text, 1, sizeof control);
    got = recvmsg(pair[1], &message, 0);
    printf("peek %ld then %ld, files %d\n", peeked, got, number == take_files() ? number : -1);
    recv(pair[1], text, 5, 0);
    send_files("abc", ends, 1);
    write(pair[0], "def", 3);
    prepare(text, sizeof text, sizeof control);
    got = recvmsg(pair[1], &message, 0);
    printf("streams stop behind files %ld %ld\n", got, (long)read(pair[1], text, 16));
    close_pair();
}

static struct ucred received(void) {
    char byte;
    struct ucred who = {-1, 1, 1};
    prepare(&byte, 1, sizeof control);
    recvmsg(pair[1], &message, 0);
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&who, CMSG_DATA(header), sizeof who);
        }
    }
    return who;
}

static void credentials(void) {
    int on = 1, many[254] = {0}, none = 99;
    open_pair(SOCK_STREAM);
    struct ucred own = {getpid(), getuid(), getgid()}, got;
    write(pair[0], "x", 1);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    struct ucred early = received();
    prepare("x", 1, 0);
    attach(SCM_CREDENTIALS, &own, sizeof own);
    sendmsg(pair[0], &message, 0);
    got = received();
    int mine = memcmp(&got, &own, sizeof own) == 0;
    write(pair[0], "x", 1);
    got = received();
    printf("credentials mine %d, unasked %d", mine, memcmp(&got, &own, sizeof own) == 0);
    seteuid(1000);
    struct ucred wrong = {1 << 20, 0, 0};
    prepare("x", 1, 0);
    attach(SCM_CREDENTIALS, &wrong, sizeof wrong);
    printf(", wrong %s", errno_name(sendmsg(pair[0], &message, 0)));
    seteuid(0);
    printf(", bad file %s", errno_name(send_files("x", &none, 1)));
    printf(", too many %s\n", errno_name(send_files("x", many, 254)));
    printf("before anybody asked %d %u %u\n", early.pid, early.uid, early.gid);
    close_pair();
}

static void several(void) {
    char text[4][4] = {"a", "bc", "def", ""}, back[4][4] = {0};
    struct sockaddr_un name;
    struct iovec vectors[4], places[4];
    struct mmsghdr out[3] = {0}, in[4] = {0};
    open_pair(SOCK_DGRAM);
    bind(pair[0], (struct sockaddr *)&(struct sockaddr_un){.sun_family = AF_UNIX}, 2);
    send(pair[1], "cut off!", 8, 0);
    prepare(back[0], 4, 0);
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    long got = recvmsg(pair[0], &message, 0);
    printf("cut off %ld, flags %x, name %s\n", got, message.msg_flags, message.msg_namelen == 0 ? "2" : "other");
    for (int i = 0; i < 4; i++) {
        vectors[i] = (struct iovec){text[i], i + 1};
        places[i] = (struct iovec){back[i], 4};
        in[i].msg_hdr = (struct msghdr){.msg_iov = &places[i], .msg_iovlen = 1};
        if (i < 3) {
            out[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
        }
    }
    int sent = sendmmsg(pair[0], out, 3, 0);
    int arrived = recvmmsg(pair[1], in, 3, 0, NULL);
    printf("many %d: %u %u %u, received %d: %u %u %u", sent, out[0].msg_len, out[1].msg_len, out[2].msg_len, arrived,
           in[0].msg_len, in[1].msg_len, in[2].msg_len);
    printf(", then %s", errno_name(recvmmsg(pair[1], in, 3, MSG_DONTWAIT, NULL)));
    sendmmsg(pair[0], out, 2, 0);
    printf(", at least one %d\n", recvmmsg(pair[1], in, 4, MSG_WAITFORONE, NULL));
    close_pair();
}

static void cycle(void) {
    open_pair(SOCK_STREAM);
    send_files("x", &pair[1], 1);
    close(pair[1]);
    int left = pair[0];
    send_files("y", &left, 1);
    char text[2];
    printf("itself closed in its own queue %ld\n", (long)(recv(left, text, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN ? 0 : 1));
    close(left);
}

static int option(int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(pair[0], SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

static int set_option(int name, int value) {
    return setsockopt(pair[0], SOL_SOCKET, name, &value, sizeof value);
}

static void options(void) {
    open_pair(SOCK_STREAM);
    printf("type %d domain %d protocol %d error %d listening %d\n", option(SO_TYPE), option(SO_DOMAIN), option(SO_PROTOCOL),
           option(SO_ERROR), option(SO_ACCEPTCONN));
    set_option(SO_SNDBUF, 4096);
    int size = option(SO_SNDBUF);
    set_option(SO_SNDBUF, 1);
    int least = option(SO_SNDBUF);
    struct timeval time = {1, 500000};
    struct linger linger = {1, 7};
    socklen_t time_size = sizeof time, linger_size = sizeof linger;
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    time = (struct timeval){0};
    linger = (struct linger){0};
    getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, &time_size);
    getsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, &linger_size);
    set_option(SO_RCVLOWAT, 5);
    set_option(SO_REUSEADDR, 1);
    printf("buffers %d %d %d, timeout %ld.%06ld, linger %d %d, low %d, reuse %d %d\n", size, least, option(SO_RCVBUF) > 0,
           (long)time.tv_sec, (long)time.tv_usec, linger.l_onoff, linger.l_linger, option(SO_RCVLOWAT), option(SO_REUSEADDR),
           option(SO_KEEPALIVE));
    printf("refused %s", errno_name(setsockopt(pair[0], SOL_SOCKET, 4711, &size, sizeof size)));
    printf(" %s", errno_name(set_option(SO_TYPE, 1)));
    printf(" %s", errno_name(setsockopt(pair[0], SOL_SOCKET, SO_REUSEADDR, &size, 1)));
    printf(" %s", errno_name(setsockopt(pair[0], 6, 1, &size, sizeof size)));
    time.tv_usec = 1000000;
    printf(" %s", errno_name(setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time)));
    printf(" %s\n", errno_name(setsockopt(0, SOL_SOCKET, SO_REUSEADDR, &size, sizeof size)));
    close_pair();
    open_pair(SOCK_STREAM);
    prepare("x", 1, 0);
    message.msg_iovlen = 1025;
    printf("vectors %s", errno_name(sendmsg(pair[0], &message, 0)));
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    printf(", address on a stream %s\n", errno_name(sendto(pair[0], "x", 1, 0, (struct sockaddr *)&name, sizeof name)));
}

int main(void) {
    rights();
    credentials();
    several();
    cycle();
    options();
    return 0;
}
