// Extended attributes: by path, by link, by descriptor; name spaces, sizes, refusals.
//
// syscalls: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr
// qemu-user: shows the attributes that the host's file system and user can have
// status: 0
// expect: set 0 0 0
// expect: get 5 hello, size 5, empty 0
// expect: ERANGE ENODATA EOPNOTSUPP EOPNOTSUPP EINVAL ERANGE ERANGE EINVAL E2BIG EFAULT
// expect: create EEXIST, replace ENODATA, replaced 0 new
// expect: list 35: security.s trusted.t user.a user.e
// expect: list size 35, too small ERANGE, nothing 0
// expect: link: user EPERM ENODATA, trusted 0, of the file ENODATA, list 15
// expect: directory 0, fifo EPERM, path descriptor EBADF, pipe EOPNOTSUPP 0
// expect: capability EINVAL 0
// expect: remove 0 0 0 ENODATA, left 37
// expect: change time moves 1, rename keeps 3 dir
// expect: as another user: trusted ENODATA EPERM, security EPERM, user EACCES, list 27
// expect: sticky EPERM

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *result(long value) {
    static const struct {
        int number;
        const char *name;
    } names[] = {{ERANGE, "ERANGE"}, {ENODATA, "ENODATA"}, {EOPNOTSUPP, "EOPNOTSUPP"}, {EINVAL, "EINVAL"},
                 {E2BIG, "E2BIG"},   {EEXIST, "EEXIST"},   {EPERM, "EPERM"},           {EACCES, "EACCES"},
                 {EBADF, "EBADF"},   {EFAULT, "EFAULT"}};
    static char text[10][20];
    static int turn;
    for (unsigned i = 0; value == -1 && i < sizeof(names) / sizeof(*names); i++) {
        if (errno == names[i].number) {
            return names[i].name;
        }
    }
    char *to = text[turn++ % 10];
    snprintf(to, sizeof(*text), "%ld", value);
    return to;
}

static char buffer[70000];

static void get_and_set(int fd) {
    printf("set %s", result(setxattr("file", "user.a", "hello", 5, 0)));
    printf(" %s", result(lsetxattr("file", "trusted.t", "tt", 2, XATTR_CREATE)));
    printf(" %s\n", result(fsetxattr(fd, "user.e", "", 0, 0)));
    printf("get %s ", result(getxattr("file", "user.a", buffer, sizeof(buffer))));
    printf("%s, size %s,", buffer, result(lgetxattr("file", "user.a", NULL, 0)));
    printf(" empty %s\n", result(fgetxattr(fd, "user.e", buffer, 10)));
}

static void refusals(void) {
    static char long_name[300] = "user.";
    memset(long_name + 5, 'n', 260);
    printf("%s", result(getxattr("file", "user.a", buffer, 4)));
    printf(" %s", result(getxattr("file", "user.none", buffer, 4)));
    printf(" %s", result(getxattr("file", "none.a", buffer, 4)));
    printf(" %s", result(setxattr("file", "system.posix_acl_access", "x", 1, 0)));
    printf(" %s", result(setxattr("file", "user.", "x", 1, 0)));
    printf(" %s", result(setxattr("file", "", "x", 1, 0)));
    printf(" %s", result(setxattr("file", long_name, "x", 1, 0)));
    printf(" %s", result(setxattr("file", "user.b", "x", 1, 4)));
    printf(" %s", result(setxattr("file", "user.b", buffer, 65537, 0)));
    printf(" %s\n", result(setxattr("file", "user.b", (void *)8, 20, 0)));
    printf("create %s,", result(setxattr("file", "user.a", "x", 1, XATTR_CREATE)));
    printf(" replace %s,", result(setxattr("file", "user.n", "x", 1, XATTR_REPLACE)));
    printf(" replaced %s ", result(setxattr("file", "user.a", "new", 3, XATTR_REPLACE)));
    memset(buffer, 0, 10);
    getxattr("file", "user.a", buffer, 10);
    printf("%s\n", buffer);
}

static void lists(int fd) {
    setxattr("file", "security.s", "s", 1, 0);
    long size = flistxattr(fd, buffer, sizeof(buffer));
    printf("list %ld:", size);
    for (long i = 0; i < size; i += (long)strlen(buffer + i) + 1) {
        printf(" %s", buffer + i);
    }
    printf("\nlist size %s,", result(listxattr("file", NULL, 0)));
    printf(" too small %s,", result(llistxattr("file", buffer, 30)));
    printf(" nothing %s\n", result(listxattr("/tmp", buffer, 30)));
}

static void kinds(void) {
    int pipes[2];
    pipe(pipes);
    symlink("file", "link");
    mkfifo("fifo", 0600);
    mkdir("dir", 0755);
    printf("link: user %s", result(lsetxattr("link", "user.a", "x", 1, 0)));
    printf(" %s,", result(lgetxattr("link", "user.a", buffer, 10)));
    printf(" trusted %s,", result(lsetxattr("link", "trusted.onlink", "x", 1, 0)));
    printf(" of the file %s,", result(getxattr("link", "trusted.onlink", buffer, 10)));
    printf(" list %s\n", result(llistxattr("link", buffer, 30)));
    printf("directory %s,", result(setxattr("dir", "user.d", "dir", 3, 0)));
    printf(" fifo %s,", result(setxattr("fifo", "user.a", "x", 1, 0)));
    int path = open("file", O_PATH);
    printf(" path descriptor %s,", result(fgetxattr(path, "user.a", buffer, 10)));
    printf(" pipe %s", result(fgetxattr(pipes[0], "user.a", buffer, 10)) != NULL ? result(fsetxattr(pipes[0], "security.x", "x", 1, 0)) : "");
    printf(" %s\n", result(flistxattr(pipes[0], buffer, 10)));
    unsigned capability[5] = {0x02000000, 1, 0, 0, 0};
    printf("capability %s", result(setxattr("file", "security.capability", "x", 1, 0)));
    printf(" %s\n", result(setxattr("file", "security.capability", capability, sizeof(capability), 0)));
}

static void removal(int fd) {
    struct stat before, after;
    printf("remove %s", result(removexattr("file", "user.e")));
    printf(" %s", result(lremovexattr("link", "trusted.onlink")));
    printf(" %s", result(fremovexattr(fd, "security.s")));
    printf(" %s,", result(removexattr("file", "user.e")));
    printf(" left %s\n", result(listxattr("file", NULL, 0)));
    struct timespec old[2] = {{1, 0}, {1, 0}};
    utimensat(AT_FDCWD, "file", old, 0);
    stat("file", &before);
    while (setxattr("file", "user.a", "again", 5, 0) == 0 && stat("file", &after) == 0 &&
           after.st_ctim.tv_nsec == before.st_ctim.tv_nsec && after.st_ctim.tv_sec == before.st_ctim.tv_sec) {
    }
    memset(buffer, 0, 10);
    rename("dir", "moved");
    printf("change time moves %d, rename keeps", after.st_mtim.tv_sec == 1);
    printf(" %s ", result(getxattr("moved", "user.d", buffer, 10)));
    printf("%s\n", buffer);
}

static void other_user(void) {
    mkdir("sticky", 01777);
    chmod("sticky", 01777);
    seteuid(1000);
    printf("as another user: trusted %s", result(getxattr("file", "trusted.t", buffer, 10)));
    printf(" %s,", result(setxattr("file", "trusted.t", "x", 1, 0)));
    printf(" security %s,", result(setxattr("file", "security.t", "x", 1, 0)));
    printf(" user %s,", result(setxattr("file", "user.t", "x", 1, 0)));
    printf(" list %s\n", result(listxattr("file", NULL, 0)));
    printf("sticky %s\n", result(setxattr("sticky", "user.t", "x", 1, 0)));
    seteuid(0);
}

int main(void) {
    mkdir("/tmp/xattr", 0755);
    chdir("/tmp/xattr");
    int fd = open("file", O_RDWR | O_CREAT, 0644);
    get_and_set(fd);
    refusals();
    lists(fd);
    kinds();
    removal(fd);
    other_user();
    return 0;
}
