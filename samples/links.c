// Hard links share an inode, symbolic links a name.
//
// syscalls: linkat symlinkat readlinkat
// status: 0
// expect: link 0
// expect: same inode 1 links 2
// expect: symlink 0
// expect: readlink 4 file
// expect: is link 1 size 4
// expect: loop 1
// expect: dangling 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    struct stat a, b;
    mkdir("/tmp/links", 0755);
    chdir("/tmp/links");
    close(open("file", O_CREAT | O_WRONLY, 0644));
    printf("link %d\n", link("file", "hard"));
    stat("file", &a);
    stat("hard", &b);
    printf("same inode %d links %d\n", a.st_ino == b.st_ino, (int)a.st_nlink);
    printf("symlink %d\n", symlink("file", "soft"));
    char target[16] = {0};
    printf("readlink %zd %s\n", readlink("soft", target, sizeof target), target);
    lstat("soft", &b);
    printf("is link %d size %ld\n", S_ISLNK(b.st_mode), (long)b.st_size);
    symlink("loop", "loop");
    printf("loop %d\n", open("loop", O_RDONLY) == -1 && errno == ELOOP);
    unlink("file");
    printf("dangling %d\n", open("soft", O_RDONLY) == -1 && errno == ENOENT);
    unlink("hard");
    unlink("soft");
    unlink("loop");
    rmdir("/tmp/links");
    return 0;
}
