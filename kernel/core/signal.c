// Signals on their way: who gets one, what waits, what is dropped. Delivery, when a thread returns
// to the app, is core/signal_exit.c. Standard signals wait at most once each, real-time signals as
// often as they were sent (signal(7)). The sets say what waits; the queue holds what is known about
// it, and may lack an item when memory did.
#include "signal.h"

#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/resource.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "heap.h"
#include "percpu.h"
#include "thread.h"

enum { FIRST_REALTIME = 32 };

struct signal_item {
    struct list node;
    struct siginfo_k info;
};

#define SET_OF(a) (1UL << ((a)-1))
#define SYNCHRONOUS                                                                                \
    (SET_OF(SIGSEGV) | SET_OF(SIGBUS) | SET_OF(SIGILL) | SET_OF(SIGTRAP) | SET_OF(SIGFPE) |        \
     SET_OF(SIGSYS))
#define IGNORED_BY_DEFAULT (SET_OF(SIGCHLD) | SET_OF(SIGCONT) | SET_OF(SIGURG) | SET_OF(SIGWINCH))
#define STOPPING (SET_OF(SIGSTOP) | SET_OF(SIGTSTP) | SET_OF(SIGTTIN) | SET_OF(SIGTTOU))
#define CORE (SYNCHRONOUS | SET_OF(SIGQUIT) | SET_OF(SIGABRT) | SET_OF(SIGXCPU) | SET_OF(SIGXFSZ))
#define UNBLOCKABLE (SET_OF(SIGKILL) | SET_OF(SIGSTOP))

static size_t queued_count; // items of all processes

enum signal_default signal_default_of(int signo) {
    uint64_t bit = signal_bit(signo);
    if ((bit & IGNORED_BY_DEFAULT) != 0) {
        return SIGNAL_IGNORE;
    }
    if ((bit & STOPPING) != 0) {
        return SIGNAL_STOP;
    }
    return (bit & CORE) != 0 ? SIGNAL_CORE : SIGNAL_TERMINATE;
}

bool signal_is_ignored(const struct process *process, int signo) {
    uint64_t handler = process->actions->of[signo - 1].handler;
    return handler == (uint64_t)SIG_IGN ||
           (handler == (uint64_t)SIG_DFL && signal_default_of(signo) == SIGNAL_IGNORE);
}

void signal_pending_init(struct signal_pending *pending) {
    pending->set = 0;
    list_init(&pending->queue);
}

static void item_free(struct signal_item *item) {
    list_remove(&item->node);
    heap_free(item);
    queued_count--;
}

static void drop(struct signal_pending *pending, uint64_t set) {
    LIST_FOR_EACH_SAFE (item, &pending->queue, struct signal_item, node) {
        if ((signal_bit(item->info.signo) & set) != 0) {
            item_free(item);
        }
    }
    pending->set &= ~set;
}

void signal_pending_clear(struct signal_pending *pending) {
    drop(pending, UINT64_MAX);
}

static void drop_everywhere(struct process *process, uint64_t set) {
    drop(&process->pending, set);
    FOR_EACH_THREAD (thread, process) {
        drop(&thread->pending, set);
    }
}

void signal_forget(struct process *process, int signo) {
    drop_everywhere(process, signal_bit(signo));
}

// --- sending
// --------------------------------------------------------------------------------------

// RLIMIT_SIGPENDING; a timer's signal was accounted for when the timer was made.
static bool may_queue(const struct siginfo_k *info) {
    const struct process *process = process_current();
    return info->signo < FIRST_REALTIME || info->code == SI_TIMER || process == NULL ||
           queued_count < process->limits[RLIMIT_SIGPENDING].current;
}

static int enqueue(struct signal_pending *pending, const struct siginfo_k *info) {
    uint64_t bit = signal_bit(info->signo);
    if (info->signo < FIRST_REALTIME && (pending->set & bit) != 0) {
        return 0;
    }
    struct signal_item *item = may_queue(info) ? heap_alloc(sizeof(*item)) : NULL;
    if (item == NULL && info->signo >= FIRST_REALTIME && info->code != SI_USER) {
        return -EAGAIN;
    }
    if (item != NULL) {
        item->info = *info;
        queued_count++;
        list_push_back(&pending->queue, &item->node);
    }
    pending->set |= bit;
    return 0;
}

struct siginfo_k *signal_find_timer(struct signal_pending *pending, int signo, uint32_t id) {
    LIST_FOR_EACH (item, &pending->queue, struct signal_item, node) {
        const struct siginfo_k *info = &item->info;
        if (info->signo == signo && info->code == SI_TIMER && (uint32_t)info->fields[0] == id) {
            return &item->info;
        }
    }
    return NULL;
}

// SIGCONT ends a stop even when it is blocked or ignored, and each of the two undoes the other.
static void stop_or_continue(struct process *process, int signo) {
    if (signo == SIGCONT || signo == SIGKILL) {
        drop_everywhere(process, STOPPING);
        process->stopped = false;
        FOR_EACH_THREAD (thread, process) {
            thread_add_work(thread, WORK_SIGNAL);
        }
    } else if ((signal_bit(signo) & STOPPING) != 0) {
        drop_everywhere(process, SET_OF(SIGCONT));
    }
}

static bool is_dropped(const struct process *process, const struct thread *thread, int signo) {
    uint64_t kept = thread == NULL ? 0 : thread->blocked | thread->waited;
    return (kept & signal_bit(signo)) == 0 && signal_is_ignored(process, signo);
}

int signal_send_thread(struct thread *thread, const struct siginfo_k *info) {
    stop_or_continue(thread->process, info->signo);
    if (is_dropped(thread->process, thread, info->signo)) {
        return 0;
    }
    int error = enqueue(&thread->pending, info);
    if (error == 0 && (thread->blocked & signal_bit(info->signo)) == 0) {
        thread_add_work(thread, WORK_SIGNAL);
    }
    wait_wake(&thread->process->signal_waiters, POLLIN | POLLRDNORM);
    return error;
}

static struct thread *first_thread(const struct process *process) {
    return LIST_FIRST(&process->threads, struct thread, process_node);
}

// The first thread, if it can; else any that can.
static void wake_for(struct process *process, uint64_t set) {
    FOR_EACH_THREAD (thread, process) {
        if ((set & ~thread->blocked) != 0) {
            thread_add_work(thread, WORK_SIGNAL);
            return;
        }
    }
}

int signal_send_process(struct process *process, const struct siginfo_k *info) {
    stop_or_continue(process, info->signo);
    if (is_dropped(process, first_thread(process), info->signo)) {
        return 0;
    }
    int error = enqueue(&process->pending, info);
    wake_for(process, signal_bit(info->signo));
    wait_wake(&process->signal_waiters, POLLIN | POLLRDNORM);
    return error;
}

void signal_raise(struct process *process, int signo) {
    const struct siginfo_k info = {.signo = signo, .code = SI_KERNEL};
    signal_send_process(process, &info);
}

void signal_force(struct thread *thread, const struct siginfo_k *info) {
    struct signal_action *action = &thread->process->actions->of[info->signo - 1];
    uint64_t bit = signal_bit(info->signo);
    if ((thread->blocked & bit) != 0 || action->handler == (uint64_t)SIG_IGN) {
        action->handler = (uint64_t)SIG_DFL;
        thread->blocked &= ~bit;
    }
    enqueue(&thread->pending, info);
    thread_add_work(thread, WORK_SIGNAL);
}

// --- receiving
// ------------------------------------------------------------------------------------

bool signal_is_pending(struct thread *thread) {
    uint64_t waiting = thread->pending.set;
    waiting |= thread->process == NULL ? 0 : thread->process->pending.set;
    return (waiting & ~thread->blocked) != 0;
}

void signal_set_blocked(struct thread *thread, uint64_t mask) {
    uint64_t newly_blocked = mask & ~thread->blocked & thread->process->pending.set;
    thread->blocked = mask & ~UNBLOCKABLE;
    if (signal_is_pending(thread)) {
        thread_add_work(thread, WORK_SIGNAL);
    }
    if (newly_blocked != 0) {
        wake_for(thread->process, newly_blocked); // another thread may have to take it now
    }
}

static int take_from(struct signal_pending *pending, uint64_t wanted, struct siginfo_k *info) {
    uint64_t ready = pending->set & wanted;
    if (ready == 0) {
        return 0;
    }
    uint64_t first = (ready & SYNCHRONOUS) != 0 ? ready & SYNCHRONOUS : ready;
    int signo = __builtin_ctzl(first) + 1;
    *info = (struct siginfo_k){.signo = signo, .code = SI_USER};
    bool found = false, more = false;
    LIST_FOR_EACH_SAFE (item, &pending->queue, struct signal_item, node) {
        if (item->info.signo != signo) {
            continue;
        }
        if (found) {
            more = true;
            break;
        }
        found = true;
        *info = item->info;
        item_free(item);
    }
    if (!more) {
        pending->set &= ~signal_bit(signo);
    }
    return signo;
}

int signal_take(struct thread *thread, uint64_t wanted, struct siginfo_k *info) {
    int signo = take_from(&thread->pending, wanted, info);
    return signo != 0 ? signo : take_from(&thread->process->pending, wanted, info);
}

// A thread that goes leaves the process's signals to the others.
static void signal_thread_exit(struct thread *thread) {
    signal_pending_clear(&thread->pending);
    thread->blocked = UINT64_MAX;
    wake_for(thread->process, thread->process->pending.set);
}
THREAD_EXIT_HOOK(9, signal_thread_exit);
