// Directories: make, list, rename, remove, walk up.
//
// syscalls: mkdirat getdents64 renameat2 unlinkat chdir getcwd
// status: 0
// expect: mkdir 0
// expect: chdir 0
// expect: rename 0
// expect: alpha file
// expect: sub dir
// expect: zeta file
// expect: cwd /tmp/d/sub
// expect: not empty 1
// expect: rmdir 0
// expect: rmdir 0

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

int main(void) {
    printf("mkdir %d\n", mkdir("/tmp/d", 0755));
    printf("chdir %d\n", chdir("/tmp/d"));
    const char *names[] = {"zeta", "alpha", "mid"};
    for (int i = 0; i < 3; i++) {
        close(open(names[i], O_CREAT | O_WRONLY, 0644));
    }
    mkdir("sub", 0700);
    printf("rename %d\n", rename("mid", "sub/moved"));
    struct dirent **list;
    int count = scandir(".", &list, visible, alphasort);
    for (int i = 0; i < count; i++) {
        printf("%s %s\n", list[i]->d_name, list[i]->d_type == DT_DIR ? "dir" : "file");
    }
    char cwd[64];
    chdir("sub");
    printf("cwd %s\n", getcwd(cwd, sizeof cwd));
    chdir("..");
    printf("not empty %d\n", rmdir("sub") == -1 && errno == ENOTEMPTY);
    unlink("sub/moved");
    printf("rmdir %d\n", rmdir("sub"));
    unlink("zeta");
    unlink("alpha");
    chdir("/");
    printf("rmdir %d\n", rmdir("/tmp/d"));
    return 0;
}
