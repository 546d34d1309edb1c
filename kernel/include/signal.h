// Signals: state, sending and the result codes of delivery. The frame itself is
// arch/<arch>/signal.c.
#pragma once

#include "list.h"
#include "set.h"
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
    uint64_t handler, flags, restorer, mask; // handler: SIG_DFL 0, SIG_IGN 1
};

struct signal_actions {
    uint32_t references;
    struct signal_action of[SIGNAL_COUNT]; // of[n - 1] is signal n
};

struct signal_pending {
    uint64_t set;
    struct list queue; // struct signal_item, in order of arrival
};

static inline uint64_t signal_bit(int signo) {
    return 1UL << (signo - 1);
}

void signal_pending_init(struct signal_pending *pending);
int signal_send_thread(struct thread *thread, const struct siginfo_k *info);
int signal_send_process(struct process *process, const struct siginfo_k *info);
// kill(2)-like, from the kernel itself (SI_KERNEL), for SIGPIPE, SIGALRM, ^C ...
void signal_raise(struct process *process, int signo);
int signal_broken_pipe(void); // core/broken_pipe.c: SIGPIPE to the thread that wrote; -EPIPE
bool signal_is_pending(struct thread *thread); // an unblocked, not ignored one
void signal_set_blocked(struct thread *thread, uint64_t mask);

// core/signal.c, for those who deliver or wait.
void signal_pending_clear(struct signal_pending *pending);
// Takes the next pending signal out of `wanted`: its number, or 0. Those that a fault made come
// first.
int signal_take(struct thread *thread, uint64_t wanted, struct siginfo_k *info);
// What timer `id` (timer_create(2)) has sent and nobody has taken yet, so that it can count what it
// misses; or NULL.
struct siginfo_k *signal_find_timer(struct signal_pending *pending, int signo, uint32_t id);
// What a fault makes: it cannot be blocked or ignored.
void signal_force(struct thread *thread, const struct siginfo_k *info);
// The action has become "ignore": what is pending of it goes.
void signal_forget(struct process *process, int signo);
enum signal_default { SIGNAL_TERMINATE, SIGNAL_CORE, SIGNAL_IGNORE, SIGNAL_STOP };
enum signal_default signal_default_of(int signo);
bool signal_is_ignored(const struct process *process, int signo);

// Calling the app's handlers (core/signal_deliver.c) is reached through a set: an image whose
// program cannot call rt_sigaction has none. An object that installs handlers says
// NEEDS_SIGNAL_DELIVERY.
struct signal_delivery {
    // The app stands where a signal frame may be made. If not, somebody sets WORK_SIGNAL again a
    // moment later.
    bool (*ready)(const struct regs *regs);
    void (*deliver)(struct regs *regs, const struct siginfo_k *info);
};
typedef const struct signal_delivery *signal_delivery_ref;
extern const struct signal_delivery signal_delivery;
#define NEEDS_SIGNAL_DELIVERY                                                                      \
    SET_ENTRY(signal_delivery, 1, signal_delivery_ref, needs_signal_delivery) = &signal_delivery
// What becomes of an interrupted call (signal(7)): the site runs again, or the call gives -EINTR.
// `action` is the handler's that is about to run; NULL: none ran.
void signal_settle_call(struct regs *regs, const struct signal_action *action);
