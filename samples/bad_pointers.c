// A pointer that leads nowhere is EFAULT, never a crash.
//
// syscalls: write read openat uname
// status: 0
// expect: write null 1
// expect: write kernel 1
// expect: write top 1
// expect: open unmapped 1
// expect: uname across 1
// expect: read into code 1
// expect: pipe2 null 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void try(const char *what, long result) {
    printf("%s %d\n", what, result == -1 && errno == EFAULT);
}

int main(void) {
    char *gone = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(gone + 4096, 4096);
    int fds[2];
    pipe(fds);
    try("write null", syscall(SYS_write, fds[1], 0L, 5L));
    try("write kernel", syscall(SYS_write, fds[1], 0xffffffc000000000UL, 5L));
    try("write top", syscall(SYS_write, fds[1], -1L, 5L));
    try("open unmapped", syscall(SYS_openat, AT_FDCWD, gone + 4096, O_RDONLY, 0));
    try("uname across", syscall(SYS_uname, gone + 4090));
    int zero = open("/dev/zero", O_RDONLY);
    try("read into code", syscall(SYS_read, zero, (void *)main, 4L));
    try("pipe2 null", syscall(SYS_pipe2, 0L, 0L));
    return 0;
}
