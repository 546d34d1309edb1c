// Mounting a tmpfs, proc, the devices, and directories and files in second places; and taking it off again.
//
// syscalls: mount umount2
// qemu-user: would mount on the host
// status: 0
// expect: tmpfs 0, another device 1, mode 700, empty 1
// expect: inside hello, below ENOENT
// expect: between them EXDEV, mount point EBUSY EBUSY
// expect: the working directory below still sees 1
// expect: busy EBUSY, free 0, below again 1
// expect: gone with it ENOENT
// expect: proc 0 1, devtmpfs 0 1
// expect: bind 0 text, of a file 0 text, written through 1, kinds ENOTDIR
// expect: on top 0 second, and off 0 first 0
// expect: lazy 0, still open 4
// expect: EINVAL ENODEV ENOENT EINVAL EINVAL EINVAL
// expect: another user EPERM EPERM

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *result(int value) {
    static char text[8][20];
    static int turn;
    char *to = text[turn++ % 8];
    snprintf(to, sizeof(*text), "%d", value);
    return value != -1           ? to
           : errno == ENOENT     ? "ENOENT"
           : errno == EXDEV      ? "EXDEV"
           : errno == EBUSY      ? "EBUSY"
           : errno == EINVAL     ? "EINVAL"
           : errno == ENODEV     ? "ENODEV"
           : errno == ENOTDIR    ? "ENOTDIR"
           : errno == EPERM      ? "EPERM"
                                 : strerror(errno);
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    write(fd, text, strlen(text));
    close(fd);
}

static const char *contents(const char *path) {
    static char text[40];
    int fd = open(path, O_RDONLY);
    ssize_t size = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);
    text[size < 0 ? 0 : size] = '\0';
    if (fd != -1) {
        close(fd);
    }
    return size < 0 ? result(-1) : text;
}

static void memory(void) {
    struct stat below, above;
    write_file("m/old", "old");
    stat("m", &below);
    chdir("m");
    printf("tmpfs %s,", result(mount("none", "/tmp/mount/m", "tmpfs", MS_NOSUID, "mode=0700,size=1m")));
    int still = access("old", F_OK) == 0;
    chdir("/tmp/mount");
    stat("m", &above);
    printf(" another device %d, mode %o, empty %d\n", above.st_dev != below.st_dev, (unsigned)above.st_mode & 07777,
           access("m/old", F_OK) == -1);
    mkdir("m/deep", 0755);
    mkdir("m/deep/deeper", 0755);
    write_file("m/new", "hello");
    write_file("m/deep/deeper/file", "hello");
    printf("inside %s,", contents("m/deep/../new"));
    printf(" below %s\n", contents("m/old"));
    printf("between them %s,", result(rename("m/new", "new")));
    printf(" mount point %s", result(rmdir("m")));
    printf(" %s\n", result(rename("m", "n")));
    printf("the working directory below still sees %d\n", still);
    chdir("m");
    printf("busy %s,", result(umount("/tmp/mount/m")));
    chdir("..");
    printf(" free %s, below again %d\n", result(umount("m")), access("m/old", F_OK) == 0);
    printf("gone with it %s\n", contents("m/new"));
}

static void from_the_boot(void) {
    int error = mount("proc", "m", "proc", 0, NULL);
    printf("proc %d %d,", error, access("m/self/exe", F_OK) == 0);
    umount("m");
    error = mount("dev", "m", "devtmpfs", 0, NULL);
    printf(" devtmpfs %d %d\n", error, access("m/null", F_OK) == 0);
    umount("m");
}

static void binds(void) {
    mkdir("source", 0755);
    write_file("source/file", "text");
    write_file("place", "");
    printf("bind %s", result(mount("source", "m", NULL, MS_BIND, NULL)));
    printf(" %s,", contents("m/file"));
    printf(" of a file %s", result(mount("source/file", "place", NULL, MS_BIND, NULL)));
    printf(" %s,", contents("place"));
    write_file("m/through", "x");
    printf(" written through %d,", access("source/through", F_OK) == 0);
    printf(" kinds %s\n", result(mount("source", "place", NULL, MS_BIND, NULL)));
    umount("place");
    umount("m");
}

static void stacked(void) {
    mount("none", "m", "tmpfs", 0, NULL);
    write_file("m/file", "first");
    printf("on top %s", result(mount("none", "m", "tmpfs", 0, NULL)));
    write_file("m/file", "second");
    printf(" %s,", contents("m/file"));
    printf(" and off %s", result(umount("m")));
    printf(" %s", contents("m/file"));
    printf(" %s\n", result(umount("m")));
}

static void lazy(void) {
    char byte[10];
    mount("none", "m", "tmpfs", 0, NULL);
    write_file("m/file", "data");
    int fd = open("m/file", O_RDONLY);
    printf("lazy %s,", result(umount2("m", MNT_DETACH)));
    printf(" still open %d\n", (int)read(fd, byte, sizeof(byte)));
    close(fd);
}

int main(void) {
    mkdir("/tmp/mount", 0755);
    chdir("/tmp/mount");
    mkdir("m", 0755);
    memory();
    from_the_boot();
    binds();
    stacked();
    lazy();
    printf("%s", result(umount("m")));
    printf(" %s", result(mount("none", "m", "nofs", 0, NULL)));
    printf(" %s", result(mount("none", "none", "tmpfs", 0, NULL)));
    printf(" %s", result(mount("none", "m", "tmpfs", 0, "bad=1")));
    printf(" %s", result(umount2("m", 0x100)));
    printf(" %s\n", result(mount("none", "m", NULL, 0, NULL)));
    seteuid(1000);
    printf("another user %s", result(mount("none", "m", "tmpfs", 0, NULL)));
    printf(" %s\n", result(umount("m")));
    return 0;
}
