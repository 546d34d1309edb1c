// A restartable sequence: a signal and the loss of the CPU end it at its abort address; the CPU's number is in the
// thread's structure.
//
// syscalls: rseq
// status: 0
// expect: again 1 other signature 1 unaligned 1
// expect: cpu 0
// expect: signal aborts 1, handler saw the abort 1
// expect: preemption aborts 1
// expect: nothing pending 1
// expect: left 1 twice 1
// qemu-user: does not know rseq

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define SIGNATURE 0x53053053

struct area {
    uint32_t cpu_start, cpu;
    uint64_t sequence;
    uint32_t flags, node, concurrency, reserved;
};

static _Thread_local struct area area __attribute__((aligned(32)));
static volatile int saw_abort;
static volatile int stop;
extern const char aborted_at[];

// glibc has registered a structure of its own.
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));

static long registered(struct area *at, int flags, uint32_t signature) {
    long result = syscall(SYS_rseq, at, 32, flags, signature);
    return result < 0 ? -errno : result;
}

static void leave_libc(void) {
    if (&__rseq_size != NULL && __rseq_size != 0) {
#ifdef __riscv
        registered((struct area *)((char *)__builtin_thread_pointer() + __rseq_offset), 1, 0xf1401073);
#else
        registered((struct area *)((char *)__builtin_thread_pointer() + __rseq_offset), 1, 0xd428bc00);
#endif
    }
}

// Runs until it is aborted.
__attribute__((noinline)) static void run_sequence(void) {
#ifdef __riscv
    __asm__ volatile(".pushsection .data\n.balign 32\n9: .word 0, 0\n.dword 1f, 2f - 1f, aborted_at\n.popsection\n"
                     "la t0, 9b\nsd t0, %0\n"
                     "1: j 1b\n2: ebreak\n.balign 4\n.word 0x53053053\n.globl aborted_at\naborted_at: nop\n"
                     : "=m"(area.sequence) : : "t0", "memory");
#else
    __asm__ volatile(".pushsection .data\n.balign 32\n9: .word 0, 0\n.dword 1f, 2f - 1f, aborted_at\n.popsection\n"
                     "adrp x9, 9b\nadd x9, x9, :lo12:9b\nstr x9, %0\n"
                     "1: b 1b\n2: brk 0\n.word 0x53053053\n.globl aborted_at\naborted_at: nop\n"
                     : "=m"(area.sequence) : : "x9", "memory");
#endif
}

static void on_alarm(int signo, siginfo_t *info, void *context) {
    (void)signo, (void)info;
#ifdef __riscv
    saw_abort |= ((ucontext_t *)context)->uc_mcontext.__gregs[0] == (uint64_t)aborted_at;
#else
    saw_abort |= ((ucontext_t *)context)->uc_mcontext.pc == (uint64_t)aborted_at;
#endif
}

static void *compute(void *unused) {
    while (!stop) {
    }
    return unused;
}

int main(void) {
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {0};
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    pthread_t thread;
    leave_libc();
    long first = registered(&area, 0, SIGNATURE);
    printf("again %d other signature %d unaligned %d\n", first == 0 && registered(&area, 0, SIGNATURE) == -EBUSY,
           registered(&area, 0, 1) == -EPERM, registered((struct area *)((char *)&area + 8), 0, 1) == -EINVAL);
    printf("cpu %u\n", area.cpu);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    run_sequence();
    setitimer(ITIMER_REAL, &never, NULL);
    printf("signal aborts %d, handler saw the abort %d\n", area.sequence == 0, saw_abort);
    fflush(stdout);
    pthread_create(&thread, NULL, compute, NULL);
    run_sequence();
    stop = 1;
    pthread_join(thread, NULL);
    printf("preemption aborts %d\n", area.sequence == 0);
    printf("nothing pending %d\n", area.sequence == 0);
    printf("left %d twice %d\n", registered(&area, 1, SIGNATURE) == 0 && area.cpu == UINT32_MAX,
           registered(&area, 1, SIGNATURE) == -EINVAL);
    return 0;
}
