// Signals: state, sending and the result codes of delivery. The frame itself is arch/<arch>/signal.c.
#pragma once

#include "list.h"
#include "types.h"

struct thread;
struct process;
struct regs;

enum { SIGNAL_COUNT = 64 };

// 128 bytes as siginfo_t lies in memory; <asm/siginfo.h> names the fields.
struct siginfo_k {
    int32_t signo, error, code, pad;
    uint64_t fields[14];
};

struct signal_action {
    uint64_t handler, flags, restorer, mask;    // handler: SIG_DFL 0, SIG_IGN 1
};

struct signal_actions {
    uint32_t references;
    struct signal_action of[SIGNAL_COUNT];      // of[n - 1] is signal n
};

struct signal_pending {
    uint64_t set;
    struct list queue;                          // struct signal_item, in order of arrival
};

static inline uint64_t signal_bit(int signo) {
    return 1UL << (signo - 1);
}

void signal_pending_init(struct signal_pending *pending);
int signal_send_thread(struct thread *thread, const struct siginfo_k *info);
int signal_send_process(struct process *process, const struct siginfo_k *info);
// kill(2)-like, from the kernel itself (SI_KERNEL), for SIGPIPE, SIGALRM, ^C ...
void signal_raise(struct process *process, int signo);
bool signal_is_pending(struct thread *thread);          // an unblocked, not ignored one
void signal_set_blocked(struct thread *thread, uint64_t mask);
