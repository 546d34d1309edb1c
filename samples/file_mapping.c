// A private mapping of a file is a copy, a shared one is the file.
//
// syscalls: mmap msync openat ftruncate
// status: 0
// expect: file aScdef shared aScdef private Pbcdef
// expect: shared sees Z
// expect: sync 0

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 8192);
    pwrite(fd, "abcdef", 6, 0);
    char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    private[0] = 'P';
    shared[1] = 'S';
    char buffer[8] = {0};
    pread(fd, buffer, 6, 0);
    printf("file %s shared %.6s private %.6s\n", buffer, shared, private);
    pwrite(fd, "Z", 1, 5);
    printf("shared sees %c\n", shared[5]);
    printf("sync %d\n", msync(shared, 8192, MS_SYNC));
    unlink("/tmp/mapped");
    return 0;
}
