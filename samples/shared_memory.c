// shm_open makes files in /dev/shm, which anybody may write to; /dev/fd leads to open files.
//
// syscalls: openat ftruncate mmap unlinkat fstatat
// status: 0
// expect: directory 1 mode 1777
// expect: object 3 mode 600, size 4096, through a second mapping 42
// expect: exclusive EEXIST, unlinked ENOENT
// expect: by descriptor pipe

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errno_name.h"

int main(void) {
    struct stat stat_;
    stat("/dev/shm", &stat_);
    printf("directory %d mode %o\n", S_ISDIR(stat_.st_mode), stat_.st_mode & 07777);
    shm_unlink("/hermipy-sample");
    int object = shm_open("/hermipy-sample", O_RDWR | O_CREAT | O_EXCL, 0600);
    ftruncate(object, 4096);
    fstat(object, &stat_);
    int *one = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
    int *other = mmap(NULL, 4096, PROT_READ, MAP_SHARED, object, 0);
    *one = 42;
    printf("object %d mode %o, size %ld, through a second mapping %d\n", object > 2 ? 3 : object, stat_.st_mode & 07777,
           (long)stat_.st_size, *other);
    printf("exclusive %s", errno_name(shm_open("/hermipy-sample", O_RDWR | O_CREAT | O_EXCL, 0600)));
    shm_unlink("/hermipy-sample");
    printf(", unlinked %s\n", errno_name(shm_open("/hermipy-sample", O_RDWR, 0)));
    int ends[2];
    char name[32], text[8] = {0};
    pipe(ends);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    int again = open(name, O_RDONLY);
    write(ends[1], "pipe", 4);
    read(again, text, 4);
    printf("by descriptor %s\n", text);
    return 0;
}
