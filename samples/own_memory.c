// A process's memory by its number: copies between lists of buffers, and advice.
//
// syscalls: process_vm_readv process_vm_writev process_madvise madvise
// status: 0
// expect: read 10 one two th
// expect: written 6 [ABCDEF]
// expect: partly 4096, nothing 1
// expect: no process 1 flags 1
// expect: advised 8192, discard refused 1
// qemu-user: advises nothing

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096 };

int main(void) {
    char one[] = "one ", two[] = "two ", three[] = "three", buffer[64] = {0};
    struct iovec there[3] = {{one, 4}, {two, 4}, {three, 5}}, here = {buffer, 10};
    ssize_t got = syscall(SYS_process_vm_readv, getpid(), &here, 1, there, 3, 0);
    printf("read %zd %s\n", got, buffer);
    char text[] = "ABCDEF", target[7] = {0};
    struct iovec from[2] = {{text, 2}, {text + 2, 4}}, to = {target, 6};
    got = syscall(SYS_process_vm_writev, getpid(), from, 2, &to, 1, 0);
    printf("written %zd [%s]\n", got, target);
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + PAGE, PAGE);
    static char copy[2 * PAGE];
    struct iovec hole = {pages, 2 * PAGE}, gone = {pages + PAGE, 16}, all = {copy, sizeof copy};
    got = syscall(SYS_process_vm_readv, getpid(), &all, 1, &hole, 1, 0);
    printf("partly %zd, nothing %d\n", got,
           syscall(SYS_process_vm_readv, getpid(), &all, 1, &gone, 1, 0) == -1 && errno == EFAULT);
    int nobody = syscall(SYS_process_vm_readv, 4000000, &all, 1, &hole, 1, 0) == -1 && errno == ESRCH;
    printf("no process %d flags %d\n", nobody, syscall(SYS_process_vm_readv, getpid(), &all, 1, &hole, 1, 1) == -1 && errno == EINVAL);
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    struct iovec both[2] = {{pages, PAGE}, {pages + 2 * PAGE, PAGE}};
    got = syscall(SYS_process_madvise, fd, both, 2, 20, 0);
    printf("advised %zd, discard refused %d\n", got, syscall(SYS_process_madvise, fd, both, 2, MADV_DONTNEED, 0) == -1 && errno == EINVAL);
    return 0;
}
