// Watches on files and directories: every event, its order, names and cookies; the queue.
//
// syscalls: inotify_init1 inotify_add_watch inotify_rm_watch
// status: 0
// expect: at first: nothing
// expect: watch 1
// expect: create: 1:CREATE(a,16) 1:OPEN(a,16)
// expect: write twice: 1:MODIFY(a,16)
// expect: read, truncate, allocate: 1:ACCESS(a,16) 1:MODIFY(a,16)
// expect: close, open to read, to cut: 1:CLOSE_WRITE(a,16) 1:OPEN(a,16) 1:CLOSE_NOWRITE(a,16) 1:OPEN(a,16) 1:MODIFY(a,16) 1:CLOSE_WRITE(a,16)
// expect: truncate: 1:MODIFY(a,16) 1:OPEN|ISDIR 1:CLOSE_NOWRITE|ISDIR
// expect: chmod: 1:ATTRIB(a,16)
// expect: chown, times, one, other: 1:ATTRIB(a,16) 1:ACCESS(a,16) 1:MODIFY(a,16)
// expect: link: 1:CREATE(b,16)
// expect: symlink, fifo, directory: 1:CREATE(s,16) 1:CREATE(f,16) 1:CREATE|ISDIR(d,16)
// expect: watch a 2, d 3, f 4
// expect: chmod seen twice: 1:ATTRIB(a,16) 2:ATTRIB
// expect: rename: 1:MOVED_FROM(a,16)* 1:MOVED_TO(c,16)* 2:MOVE_SELF
// expect: move away: 1:MOVED_FROM(c,16)* 3:MOVED_TO(c,16)* 2:MOVE_SELF
// expect: move back: 3:MOVED_FROM(c,16)* 1:MOVED_TO(c,16)* 2:MOVE_SELF
// expect: replace: 1:MOVED_FROM(s,16)* 1:MOVED_TO(f,16)* 4:ATTRIB 4:DELETE_SELF 4:IGNORED
// expect: exchange: 1:MOVED_FROM(f,16)* 1:MOVED_TO(d,16)* 1:MOVED_FROM|ISDIR(d,16)* 1:MOVED_TO|ISDIR(f,16)* 3:MOVE_SELF
// expect: and back: 1:MOVED_FROM|ISDIR(f,16)* 1:MOVED_TO|ISDIR(d,16)* 3:MOVE_SELF 1:MOVED_FROM(d,16)* 1:MOVED_TO(f,16)*
// expect: unlink one name: 2:ATTRIB 1:DELETE(b,16)
// expect: unlink the other: 1:OPEN(c,16) 2:OPEN 2:ATTRIB 1:DELETE(c,16)
// expect: last close: 1:CLOSE_NOWRITE(c,16) 2:CLOSE_NOWRITE 2:DELETE_SELF 2:IGNORED
// expect: rmdir: 3:DELETE_SELF 3:IGNORED 1:DELETE|ISDIR(d,16)
// expect: unlink: 1:DELETE(f,16)
// expect: EINVAL EINVAL EINVAL ENOTDIR ENOENT EINVAL EBADF EINVAL
// expect: link itself 1
// expect: small buffer EINVAL
// expect: link gone: 1:CREATE(e,16) 1:OPEN(e,16) 1:CREATE(l,16) 5:DELETE_SELF 5:IGNORED 1:DELETE(l,16)
// expect: rest: 1:CLOSE_WRITE(e,16)
// expect: oneshot: 1:MODIFY 1:IGNORED
// expect: watch numbers 1 2 2 -1 EEXIST 1
// expect: added: 2:MODIFY 2:ATTRIB
// expect: replaced: nothing
// expect: removed 0 -1 EINVAL 1
// expect: ignored: 2:IGNORED
// expect: unlinked: 3:MODIFY(m,16)
// expect: waited for: 1:CREATE(t,16)
// expect: epoll 0 1, poll 1 1, bytes 32
// expect: directory: 1:CREATE|ISDIR(n,16)
// expect: end: 1:CREATE(m,16) 1:OPEN(m,16) 1:MODIFY(m,16) 1:ATTRIB(m,16) 1:MODIFY(m,16) 1:DELETE(m,16) 1:MODIFY(m,16) 1:CLOSE_WRITE(m,16) 1:CREATE(t,16) 1:OPEN(t,16) 1:CLOSE_WRITE(t,16) 1:CREATE|ISDIR(n,16) 1:DELETE(e,16) 1:DELETE(t,16) 1:DELETE|ISDIR(n,16)
// expect: the directory itself: nothing
// expect: out of it: 1:DELETE_SELF 1:IGNORED
// expect: overflow 16385 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"ACCESS", "MODIFY", "ATTRIB",     "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN",
                                    "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE",      "DELETE_SELF",   "MOVE_SELF"};
static uint32_t first_cookie;

static void show_one(const struct inotify_event *event) {
    printf(" %d:", event->wd);
    for (int i = 0; i < 12; i++) {
        if ((event->mask >> i & 1) != 0) {
            printf("%s", names[i]);
        }
    }
    printf("%s%s%s", event->mask & IN_IGNORED ? "IGNORED" : "", event->mask & IN_Q_OVERFLOW ? "Q_OVERFLOW" : "",
           event->mask & IN_ISDIR ? "|ISDIR" : "");
    if (event->len > 0) {
        printf("(%s,%u)", event->name, event->len);
    }
    if (event->cookie != 0) {
        first_cookie = event->mask & IN_MOVED_FROM ? event->cookie : first_cookie;
        printf("%s", event->cookie == first_cookie ? "*" : "?");
    }
}

static void show(const char *what, int fd) {
    static char buffer[65536] __attribute__((aligned(8)));
    printf("%s:", what);
    ssize_t size = read(fd, buffer, sizeof(buffer));
    for (ssize_t at = 0; at < size;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
        show_one(event);
        at += (ssize_t)(sizeof(*event) + event->len);
    }
    printf("%s\n", size == -1 && errno == EAGAIN ? " nothing" : "");
}

static int make(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
}

static void contents(int fd) {
    char byte;
    int file = make("a");
    show("create", fd);
    write(file, "one", 3);
    write(file, "two", 3);
    show("write twice", fd);
    lseek(file, 0, SEEK_SET);
    read(file, &byte, 1);
    ftruncate(file, 1);
    fallocate(file, 0, 0, 10);
    show("read, truncate, allocate", fd);
    close(file);
    close(open("a", O_RDONLY));
    close(make("a"));
    show("close, open to read, to cut", fd);
    truncate("a", 3);
    close(open("a", O_PATH));
    closedir(opendir("."));
    show("truncate", fd);
}

static void attributes(int fd) {
    struct timespec both[2] = {{1, 0}, {1, 0}}, one[2] = {{1, 0}, {0, UTIME_OMIT}};
    struct timespec other[2] = {{1, UTIME_OMIT}, {5, 0}};
    chmod("a", 0600);
    show("chmod", fd);
    chown("a", getuid(), getgid());
    utimensat(AT_FDCWD, "a", both, 0);
    utimensat(AT_FDCWD, "a", one, 0);
    utimensat(AT_FDCWD, "a", other, 0);
    show("chown, times, one, other", fd);
    link("a", "b");
    show("link", fd);
    symlink("a", "s");
    mkfifo("f", 0600);
    mkdir("d", 0755);
    show("symlink, fifo, directory", fd);
}

static void renames(int fd) {
    rename("a", "c");
    show("rename", fd);
    rename("c", "d/c");
    show("move away", fd);
    rename("d/c", "c");
    show("move back", fd);
    rename("s", "f");
    show("replace", fd);
    renameat2(AT_FDCWD, "f", AT_FDCWD, "d", RENAME_EXCHANGE);
    show("exchange", fd);
    renameat2(AT_FDCWD, "f", AT_FDCWD, "d", RENAME_EXCHANGE);
    show("and back", fd);
}

static void removals(int fd) {
    unlink("b");
    show("unlink one name", fd);
    int open_file = open("c", O_RDONLY);
    unlink("c");
    show("unlink the other", fd);
    close(open_file);
    show("last close", fd);
    rmdir("d");
    show("rmdir", fd);
    unlink("f");
    show("unlink", fd);
}

static void special_masks(void) {
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int file = make("m");
    int wd = inotify_add_watch(fd, "m", IN_MODIFY | IN_ONESHOT);
    write(file, "x", 1);
    write(file, "x", 1);
    show("oneshot", fd);
    printf("watch numbers %d", wd);
    wd = inotify_add_watch(fd, "m", IN_MODIFY);
    printf(" %d %d %d", wd, inotify_add_watch(fd, "m", IN_ATTRIB | IN_MASK_ADD), inotify_add_watch(fd, "m", IN_MODIFY | IN_MASK_CREATE));
    printf(" EEXIST %d\n", errno == EEXIST);
    write(file, "x", 1);
    fchmod(file, 0600);
    show("added", fd);
    inotify_add_watch(fd, "m", IN_CLOSE);
    write(file, "x", 1);
    show("replaced", fd);
    printf("removed %d", inotify_rm_watch(fd, wd));
    printf(" %d EINVAL %d\n", inotify_rm_watch(fd, wd), errno == EINVAL);
    show("ignored", fd);
    inotify_add_watch(fd, ".", IN_MODIFY | IN_EXCL_UNLINK);
    write(file, "x", 1);
    unlink("m");
    write(file, "x", 1);
    show("unlinked", fd);
    close(file);
    close(fd);
}

static const char *error(int result) {
    return result != -1        ? "no error"
           : errno == EINVAL   ? "EINVAL"
           : errno == ENOTDIR  ? "ENOTDIR"
           : errno == ENOENT   ? "ENOENT"
           : errno == EBADF    ? "EBADF"
           : errno == EACCES   ? "EACCES"
           : errno == EFAULT   ? "EFAULT"
                               : strerror(errno);
}

static void errors(int fd) {
    int file = make("e");
    symlink("e", "l");
    printf("%s", error(inotify_init1(1)));
    printf(" %s", error(inotify_add_watch(fd, "e", 0)));
    printf(" %s", error(inotify_add_watch(fd, "e", IN_MODIFY | IN_MASK_ADD | IN_MASK_CREATE)));
    printf(" %s", error(inotify_add_watch(fd, "e", IN_MODIFY | IN_ONLYDIR)));
    printf(" %s", error(inotify_add_watch(fd, "none", IN_MODIFY)));
    printf(" %s", error(inotify_add_watch(file, "e", IN_MODIFY)));
    printf(" %s", error(inotify_add_watch(-1, "e", IN_MODIFY)));
    printf(" %s\n", error(inotify_rm_watch(file, 1)));
    char small[16];
    printf("link itself %d\n", inotify_add_watch(fd, "l", IN_DELETE_SELF | IN_DONT_FOLLOW) > 0);
    unlink("l");
    printf("small buffer %s\n", error((int)read(fd, small, 8)));
    show("link gone", fd);
    close(file);
    show("rest", fd);
}

static void *later(void *unused) {
    close(make("t"));
    return unused;
}

static void waiting(void) {
    int fd = inotify_init1(0), waiting_bytes = 0;
    inotify_add_watch(fd, ".", IN_CREATE);
    pthread_t thread;
    pthread_create(&thread, NULL, later, NULL);
    show("waited for", fd);
    pthread_join(thread, NULL);
    int set = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN}, got = {0};
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &wanted);
    printf("epoll %d", epoll_wait(set, &got, 1, 0));
    mkdir("n", 0755);
    ioctl(fd, FIONREAD, &waiting_bytes);
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT};
    printf(" %d, poll %d %x, bytes %d\n", epoll_wait(set, &got, 1, 0), poll(&one, 1, 0), one.revents, waiting_bytes);
    show("directory", fd);
    close(fd);
}

static void overflow(void) {
    int fd = inotify_init1(IN_NONBLOCK), file = make("o");
    static char buffer[65536] __attribute__((aligned(8)));
    const struct inotify_event *event = (const struct inotify_event *)buffer;
    inotify_add_watch(fd, "o", IN_MODIFY | IN_ATTRIB);
    for (int i = 0; i < 9000; i++) {
        write(file, "x", 1);
        fchmod(file, 0600);
    }
    long count = 0, last = 0, size;
    while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
        count += size / (long)sizeof(*event);
        event = (const struct inotify_event *)(buffer + size) - 1;
        last = event->wd == -1 && event->mask == IN_Q_OVERFLOW;
    }
    printf("overflow %ld %ld\n", count, last);
    close(fd);
    close(file);
}

int main(void) {
    mkdir("/tmp/inotify", 0755);
    chdir("/tmp/inotify");
    int fd = inotify_init1(IN_NONBLOCK);
    show("at first", fd);
    printf("watch %d\n", inotify_add_watch(fd, ".", IN_ALL_EVENTS));
    contents(fd);
    attributes(fd);
    printf("watch a %d, d %d, f %d\n", inotify_add_watch(fd, "a", IN_ALL_EVENTS), inotify_add_watch(fd, "d", IN_ALL_EVENTS), inotify_add_watch(fd, "f", IN_ALL_EVENTS));
    chmod("a", 0644);
    show("chmod seen twice", fd);
    renames(fd);
    removals(fd);
    errors(fd);
    special_masks();
    waiting();
    unlink("e");
    unlink("t");
    rmdir("n");
    show("end", fd);
    rmdir("/tmp/inotify");
    show("the directory itself", fd);
    chdir("/tmp");
    show("out of it", fd);
    overflow();
    unlink("/tmp/o");
    return 0;
}
