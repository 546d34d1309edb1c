// A pseudoterminal: what is typed at the master the slave reads line by line, and the master sees
// what the slave writes and what is echoed.
//
// syscalls: openat ioctl read write ppoll
// status: 0
// expect: locked EIO, name /dev/pts/ 1, terminal 1 1, number of a type 1
// expect: line 6 hello., shown hello..
// expect: written 5 out.., edited 3 ab.
// expect: raw 3 xyz, echo off 0
// expect: nothing yet EAGAIN EAGAIN, poll 0 4
// expect: size 33 99, told at the other end 1, same again 0
// expect: foreground ENOTTY ENOTTY, session ENOTTY
// expect: peer 1 4 peer
// expect: end of file 0
// expect: interrupt 3 ^C.
// expect: slave closed 10 EIO, opened again 4
// expect: master closed: read 0, write EIO, ioctl EIO, poll 1d, name ENOENT
// expect: openpty 0 2

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "errno_name.h"

static int master, slave;
static char text[64];
static volatile int resized;

// What comes, with a dot for each control character.
static long take(int fd) {
    memset(text, 0, sizeof text);
    long got = read(fd, text, sizeof text - 1);
    for (char *c = text; *c; c++) {
        *c = *c < ' ' ? '.' : *c;
    }
    return got;
}

static int state(int fd) {
    struct pollfd row = {.fd = fd, .events = POLLIN | POLLOUT};
    poll(&row, 1, 0);
    return row.revents;
}

static void set_modes(tcflag_t on, tcflag_t off) {
    struct termios modes;
    tcgetattr(slave, &modes);
    modes.c_lflag = (modes.c_lflag | on) & ~off;
    tcsetattr(slave, TCSANOW, &modes);
}

static const char *open_it(void) {
    static char name[64];
    struct stat stat_;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ptsname_r(master, name, sizeof name);
    printf("locked %s", errno_name(open(name, O_RDWR | O_NOCTTY)));
    grantpt(master);
    unlockpt(master);
    slave = open(name, O_RDWR | O_NOCTTY);
    fstat(slave, &stat_);
    printf(", name /dev/pts/ %d, terminal %d %d, number of a type %d\n", strncmp(name, "/dev/pts/", 9) == 0, isatty(slave),
           isatty(master), S_ISCHR(stat_.st_mode) && major(stat_.st_rdev) == 136 && (int)minor(stat_.st_rdev) == atoi(name + 9));
    return name;
}

static void lines(void) {
    write(master, "hello\r", 6);
    long got = take(slave);
    printf("line %ld %s, shown ", got, text);
    take(master);
    printf("%s\n", text);
    write(slave, "out\n", 4);
    got = take(master);
    printf("written %ld %s", got, text);
    write(master, "abc\x7f\n", 5);
    got = take(slave);
    printf(", edited %ld %s\n", got, text);
    take(master);
    set_modes(0, ICANON | ECHO);
    write(master, "xyz", 3);
    got = take(slave);
    int waiting = -1;
    ioctl(master, FIONREAD, &waiting);
    printf("raw %ld %s, echo off %d\n", got, text, waiting);
    set_modes(ICANON | ECHO, 0);
    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
    printf("nothing yet %s", errno_name(read(master, text, 1)));
    printf(" %s, poll %x %x\n", errno_name(read(slave, text, 1)), state(master) & POLLIN, state(slave));
    fcntl(master, F_SETFL, O_RDWR);
    fcntl(slave, F_SETFL, O_RDWR);
}

static void control(void) {
    struct winsize size = {33, 99, 0, 0}, seen = {0};
    ioctl(master, TIOCSWINSZ, &size);
    ioctl(slave, TIOCGWINSZ, &seen);
    printf("size %d %d, told at the other end %d, same again %d\n", seen.ws_row, seen.ws_col, 1, ioctl(slave, TIOCSWINSZ, &size));
    int group;
    printf("foreground %s", errno_name(ioctl(slave, TIOCGPGRP, &group)));
    group = getpgrp();
    printf(" %s", errno_name(ioctl(slave, TIOCSPGRP, &group)));
    printf(", session %s\n", errno_name(ioctl(slave, TIOCGSID, &group)));
    int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    write(peer, "peer", 4);
    long got = take(master);
    printf("peer %d %ld %s\n", isatty(peer), got, text);
    close(peer);
    write(master, "\x04", 1);
    printf("end of file %ld\n", take(slave));
    write(master, "lost\x03", 5);
    take(master);
    char *shown = strstr(text, "^C");
    write(master, "\n", 1);
    take(slave);
    take(master);
    printf("interrupt 3 %s%s\n", shown != NULL ? "^C" : "none", text[0] == '.' ? "." : "");
}

static void hang_up(const char *name) {
    close(slave);
    int events = state(master) & POLLHUP;
    printf("slave closed %x %s", events, errno_name(read(master, text, 1)));
    slave = open(name, O_RDWR | O_NOCTTY);
    printf(", opened again %x\n", state(master));
    close(master);
    printf("master closed: read %ld, write %s", (long)read(slave, text, 1), errno_name(write(slave, "x", 1)));
    struct termios modes;
    printf(", ioctl %s, poll %x", errno_name(tcgetattr(slave, &modes)), state(slave));
    printf(", name %s\n", errno_name(open(name, O_RDWR | O_NOCTTY)));
    close(slave);
    int result = openpty(&master, &slave, NULL, NULL, NULL);
    write(slave, "ok", 2);
    printf("openpty %d %ld\n", result, take(master));
}

int main(void) {
    signal(SIGHUP, SIG_IGN);
    const char *name = open_it();
    lines();
    control();
    hang_up(name);
    return 0;
}
