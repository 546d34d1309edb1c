// What a process may do to itself by descriptor and number: signals, comparisons, namespaces, barriers, disk priority.
//
// syscalls: pidfd_send_signal kcmp membarrier ioprio_set ioprio_get unshare setns getpid
// status: 0
// expect: signalled 12 code 0, with value 77 code -1
// expect: no descriptor 1 no process 1 not a process's 1
// expect: copied 1
// expect: same memory 0 same file 0 another 1
// expect: barrier 0 unregistered 1 registered 0 core 0 sequences 0 unknown 1
// expect: disk priority 1 none 1 bad 1
// expect: namespaces 1 1 nothing 0
// qemu-user: leaves most of these out

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CLONE_NEWUTS_FLAG = 0x04000000, BE_4 = 2 << 13 | 4 };

static volatile int got, code, value;

static void on_signal(int signo, siginfo_t *info, void *context) {
    (void)context;
    got = signo;
    code = info->si_code;
    value = info->si_value.sival_int;
}

static int fails_with(long result, int error) {
    return result == -1 && errno == error;
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    siginfo_t info;
    sigaction(SIGUSR2, &action, NULL);
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    syscall(SYS_pidfd_send_signal, fd, SIGUSR2, NULL, 0);
    printf("signalled %d code %d, ", got, code);
    memset(&info, 0, sizeof info);
    info.si_signo = SIGUSR2;
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = 77;
    syscall(SYS_pidfd_send_signal, fd, SIGUSR2, &info, 0);
    printf("with value %d code %d\n", value, code);
    printf("no descriptor %d no process %d not a process's %d\n", fails_with(syscall(SYS_pidfd_send_signal, 99, 0, NULL, 0), EBADF),
           fails_with(syscall(SYS_pidfd_open, 4000000, 0), ESRCH), fails_with(syscall(SYS_pidfd_send_signal, 1, 0, NULL, 0), EBADF));
    int files[2];
    pipe(files);
    int copy = (int)syscall(SYS_pidfd_getfd, fd, files[1], 0);
    printf("copied %d\n", copy > files[1] && write(copy, "x", 1) == 1);
    pid_t self = getpid();
    printf("same memory %ld same file %ld another %d\n", syscall(SYS_kcmp, self, self, 1, 0, 0),
           syscall(SYS_kcmp, self, self, 0, copy, files[1]), syscall(SYS_kcmp, self, self, 0, files[0], files[1]) > 0);
    long global = syscall(SYS_membarrier, 1, 0, 0);
    int early = fails_with(syscall(SYS_membarrier, 8, 0, 0), EPERM);
    syscall(SYS_membarrier, 16, 0, 0);
    syscall(SYS_membarrier, 64, 0, 0);
    syscall(SYS_membarrier, 256, 0, 0);
    printf("barrier %ld unregistered %d registered %ld core %ld sequences %ld unknown %d\n", global, early,
           syscall(SYS_membarrier, 8, 0, 0), syscall(SYS_membarrier, 32, 0, 0), syscall(SYS_membarrier, 128, 0, 0),
           fails_with(syscall(SYS_membarrier, 3, 0, 0), EINVAL));
    int none = syscall(SYS_ioprio_get, 1, 0) == 0;
    syscall(SYS_ioprio_set, 1, 0, BE_4);
    printf("disk priority %d none %d bad %d\n", syscall(SYS_ioprio_get, 1, 0) == BE_4, none,
           fails_with(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL));
    printf("namespaces %d %d nothing %ld\n", fails_with(syscall(SYS_unshare, CLONE_NEWUTS_FLAG), EINVAL),
           fails_with(syscall(SYS_setns, files[0], 0), EINVAL), syscall(SYS_unshare, 0));
    return 0;
}
