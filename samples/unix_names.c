// AF_UNIX sockets with names: paths, abstract names and none; connections, backlogs, datagrams.
//
// syscalls: socket bind listen accept accept4 connect getsockname getpeername sendto recvfrom unlinkat fstatat shutdown
// status: 0
// expect: unnamed 2, bound 20 /tmp/unix_names.s, type 1 mode 755
// expect: in use EADDRINUSE, again EINVAL, no directory ENOENT, too short EINVAL, family EINVAL
// expect: not listening ECONNREFUSED, no such path ENOENT, a file ECONNREFUSED, another type EPROTOTYPE
// expect: backlog works works EAGAIN
// expect: accepted 2 1 from 2, to 20, own 20, peer credentials 1, received hi
// expect: twice EISCONN, listen on it EINVAL, accept on it EINVAL, unbound EINVAL, not for datagrams EOPNOTSUPP
// expect: drained EAGAIN, shut EAGAIN
// expect: gone ECONNREFUSED, unlinked ENOENT
// expect: never accepted ECONNRESET
// expect: abstract 8, in use EADDRINUSE, another type works, autobound 8 1
// expect: datagram 5 from 9 named, unnamed from 0, nobody ECONNREFUSED, no address ENOTCONN
// expect: connected works, a third EPERM, undone works ENOTCONN
// expect: full after 11 EAGAIN

#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <fcntl.h>
#include <unistd.h>

#include "errno_name.h"

#define PATH "/tmp/unix_names.s"
static struct sockaddr_un address;
static socklen_t length;

static void path(const char *name) {
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(address.sun_path, name);
    length = offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;
}

static void abstract(const char *name) {
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(address.sun_path + 1, name);
    length = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

static int bind_it(int fd) {
    return bind(fd, (struct sockaddr *)&address, length);
}

static int connect_it(int fd) {
    return connect(fd, (struct sockaddr *)&address, length);
}

static int connect_new(int type) {
    int fd = socket(AF_UNIX, type, 0);
    int result = connect_it(fd);
    int error = errno;
    if (result == 0) {
        return fd;
    }
    close(fd);
    errno = error;
    return -1;
}

static int name_length(int fd) {
    struct sockaddr_un own;
    socklen_t size = sizeof own;
    getsockname(fd, (struct sockaddr *)&own, &size);
    return (int)size;
}

static int peer_length(int fd) {
    struct sockaddr_un peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 ? (int)size : -1;
}

static int listener;

static void binding(void) {
    struct stat stat_;
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int unnamed = name_length(listener);
    umask(022);
    path(PATH);
    bind_it(listener);
    stat(PATH, &stat_);
    printf("unnamed %d, bound %d %s, type %d mode %o\n", unnamed, name_length(listener), PATH, S_ISSOCK(stat_.st_mode), stat_.st_mode & 07777);
    int other = socket(AF_UNIX, SOCK_STREAM, 0);
    printf("in use %s", errno_name(bind_it(other)));
    path("/tmp/unix_names.other");
    printf(", again %s", errno_name(bind_it(listener)));
    path("/tmp/nothing/x");
    printf(", no directory %s", errno_name(bind_it(other)));
    length = 1;
    printf(", too short %s", errno_name(bind_it(other)));
    path("/tmp/x");
    address.sun_family = AF_INET;
    printf(", family %s\n", errno_name(bind_it(other)));
    close(other);
}

static void refusals(void) {
    path(PATH);
    printf("not listening %s", errno_name(connect_new(SOCK_STREAM)));
    path("/tmp/nothing");
    printf(", no such path %s", errno_name(connect_new(SOCK_STREAM)));
    path("/tmp/unix_names.file");
    close(open(address.sun_path, O_CREAT | O_WRONLY, 0600));
    printf(", a file %s", errno_name(connect_new(SOCK_STREAM)));
    unlink(address.sun_path);
    path(PATH);
    printf(", another type %s\n", errno_name(connect_new(SOCK_DGRAM)));
}

static void connections(void) {
    struct sockaddr_un from;
    socklen_t size = sizeof from;
    char text[8] = {0};
    struct ucred credentials;
    listen(listener, 1);
    int first = connect_new(SOCK_STREAM), second = connect_new(SOCK_STREAM);
    int third = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    printf("backlog %s %s", errno_name(first), errno_name(second));
    printf(" %s\n", errno_name(connect_it(third)));
    write(first, "hi", 2);
    int accepted = accept(listener, (struct sockaddr *)&from, &size);
    read(accepted, text, 8);
    int again = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    socklen_t credentials_size = sizeof credentials;
    getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &credentials, &credentials_size);
    printf("accepted %d %d from %d, to %d, own %d, peer credentials %d, received %s\n", accepted > 0 ? 2 : 0,
           (fcntl(again, F_GETFL) & O_NONBLOCK) != 0, (int)size, peer_length(first), name_length(accepted),
           credentials.pid == getpid() && credentials.uid == getuid(), text);
    printf("twice %s", errno_name(connect_it(first)));
    printf(", listen on it %s", errno_name(listen(first, 1)));
    printf(", accept on it %s", errno_name(accept(first, NULL, NULL)));
    printf(", unbound %s", errno_name(listen(third, 1)));
    int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    printf(", not for datagrams %s\n", errno_name(listen(datagram, 1)));
    fcntl(listener, F_SETFL, O_NONBLOCK);
    printf("drained %s", errno_name(accept(listener, NULL, NULL)));
    shutdown(listener, SHUT_RD);
    printf(", shut %s\n", errno_name(accept(listener, NULL, NULL)));
    close(listener);
    printf("gone %s", errno_name(connect_it(third)));
    unlink(PATH);
    printf(", unlinked %s\n", errno_name(connect_it(third)));
    listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    bind_it(listener);
    listen(listener, 5);
    int hopeful = connect_new(SOCK_SEQPACKET);
    close(listener);
    printf("never accepted %s\n", errno_name(recv(hopeful, text, 1, 0)));
    unlink(PATH);
}

static void abstracts(void) {
    int one = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
    int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    abstract("names");
    bind_it(one);
    printf("abstract %d, in use %s", name_length(one), errno_name(bind_it(other)));
    printf(", another type %s", errno_name(bind_it(datagram)));
    struct sockaddr_un nothing = {.sun_family = AF_UNIX}, own = {0};
    socklen_t size = sizeof own;
    bind(other, (struct sockaddr *)&nothing, 2);
    getsockname(other, (struct sockaddr *)&own, &size);
    printf(", autobound %d %d\n", (int)size, own.sun_path[0] == 0 && strspn(own.sun_path + 1, "0123456789abcdef") >= 5);
    close(one);
    close(other);
    close(datagram);
}

static void datagrams(void) {
    int to = socket(AF_UNIX, SOCK_DGRAM, 0), from = socket(AF_UNIX, SOCK_DGRAM, 0), third = socket(AF_UNIX, SOCK_DGRAM, 0);
    char text[8] = {0};
    struct sockaddr_un sender;
    socklen_t size = sizeof sender;
    abstract("sender");
    bind_it(from);
    abstract("receiver");
    bind_it(to);
    sendto(from, "named", 5, 0, (struct sockaddr *)&address, length);
    sendto(third, "x", 1, 0, (struct sockaddr *)&address, length);
    long got = recvfrom(to, text, 8, 0, (struct sockaddr *)&sender, &size);
    printf("datagram %ld from %d %s", got, (int)size, text);
    size = sizeof sender;
    recvfrom(to, text, 8, 0, (struct sockaddr *)&sender, &size);
    printf(", unnamed from %d", (int)size);
    abstract("nobody");
    printf(", nobody %s", errno_name(sendto(from, "x", 1, 0, (struct sockaddr *)&address, length)));
    printf(", no address %s\n", errno_name(send(from, "x", 1, 0)));
    abstract("sender");
    connect_it(to);
    abstract("receiver");
    printf("connected %s", errno_name(connect_it(from)));
    printf(", a third %s", errno_name(sendto(third, "x", 1, 0, (struct sockaddr *)&address, length)));
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    printf(", undone %s", errno_name(connect(to, &none, sizeof none)));
    printf(" %s\n", errno_name(send(to, "x", 1, 0)));
    int sent = 0;
    while (sendto(third, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, length) == 1) {
        sent++;
    }
    printf("full after %d %s\n", sent, errno_name(-1));
}

int main(void) {
    unlink(PATH);
    binding();
    refusals();
    connections();
    abstracts();
    datagrams();
    return 0;
}
