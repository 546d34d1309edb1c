// Threads: making them, finding them, ending them. A thread cannot free the stack that it ends on,
// so it stays behind as `last_dead` until the next thread is made or ends; never more than one
// waits.
#include "thread.h"
#include "arch.h"
#include "clock.h"
#include "heap.h"
#include "linker.h"
#include "page.h"
#include "percpu.h"
#include "process.h"
#include "report.h"
#include "string.h"

enum { TID_BUCKETS = 64, CACHED_STACKS = 8, KSTACK_PAGES = KSTACK_SIZE / PAGE_SIZE };

#define DEFAULT_TIMER_SLACK_NS 50000 // prctl(2), PR_SET_TIMERSLACK

static struct thread idle_thread;
static struct list by_tid[TID_BUCKETS];
static pid_t last_tid;
static struct thread *last_dead;
// Free stacks, each of them holding the address of the next.
static void *free_stacks;
static size_t free_stack_count;

SET_DECLARE(thread_exit, thread_hook_fn);

static void *kstack_alloc(void) {
    void *stack = free_stacks;
    if (stack != NULL) {
        free_stacks = *(void **)stack;
        free_stack_count--;
        return stack;
    }
    uint64_t pa = page_is_scarce() ? 0 : page_alloc_contiguous(KSTACK_PAGES);
    return pa != 0 ? pa_to_va(pa) : NULL;
}

static void kstack_free(void *stack) {
    if (free_stack_count >= CACHED_STACKS) {
        page_free_contiguous(va_to_pa(stack), KSTACK_PAGES);
        return;
    }
    *(void **)stack = free_stacks;
    free_stacks = stack;
    free_stack_count++;
}

static void reap_last_dead(void) {
    struct thread *thread = last_dead;
    last_dead = NULL;
    if (thread != NULL) {
        kstack_free(thread->kstack);
        heap_free(thread);
    }
}

pid_t tid_new(void) {
    do {
        last_tid = last_tid < TID_MAX ? last_tid + 1 : 1;
    } while (thread_find(last_tid) != NULL || process_find(last_tid) != NULL);
    return last_tid;
}

struct thread *thread_find(pid_t tid) {
    LIST_FOR_EACH (thread, &by_tid[(uint32_t)tid % TID_BUCKETS], struct thread, tid_node) {
        if (thread->tid == tid) {
            return thread;
        }
    }
    return NULL;
}

void thread_init(void) {
    for (size_t i = 0; i < TID_BUCKETS; i++) {
        list_init(&by_tid[i]);
    }
    idle_thread.kstack = boot_stack;
    strlcpy(idle_thread.name, "idle", sizeof(idle_thread.name));
    list_init(&idle_thread.run_node);
    signal_pending_init(&idle_thread.pending);
    this_cpu()->idle = this_cpu()->current = &idle_thread;
}

// The first thread of a process has the process's number.
struct thread *thread_new(struct process *process) {
    reap_last_dead();
    struct thread *thread = heap_alloc_zeroed(sizeof(*thread));
    if (thread == NULL) {
        return NULL;
    }
    thread->kstack = kstack_alloc();
    if (thread->kstack == NULL) {
        heap_free(thread);
        return NULL;
    }
    thread->process = process;
    thread->tid =
        process->thread_count == 0 && thread_find(process->pid) == NULL ? process->pid : tid_new();
    thread->state = THREAD_SLEEPING;
    thread->timer_slack_ns = DEFAULT_TIMER_SLACK_NS;
    list_init(&thread->run_node);
    signal_pending_init(&thread->pending);
    list_push_back(&process->threads, &thread->process_node);
    list_push_back(&by_tid[(uint32_t)thread->tid % TID_BUCKETS], &thread->tid_node);
    process->thread_count++;
    return thread;
}

void thread_start(struct thread *thread) {
    thread_wake(thread);
}

uint64_t thread_cpu_ns(const struct thread *thread) {
    bool running = thread == thread_current();
    return thread->run_ns + (running ? clock_monotonic_ns() - thread->run_start_ns : 0);
}

static void leave_process(struct thread *thread) {
    struct process *process = thread->process;
    process->user_ns += thread_cpu_ns(thread);
    process->ended_faults += thread->faults;
    process->ended_switches[0] += thread->switches[0];
    process->ended_switches[1] += thread->switches[1];
    list_remove(&thread->process_node);
    list_remove(&thread->tid_node);
    process->thread_count--;
}

void thread_exit(int wait_status) {
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    SET_FOR_EACH (hook, thread_exit, thread_hook_fn) {
        (*hook)(thread);
    }
    if (thread->tid == process->pid && !process->exiting) {
        process->exit_status = wait_status; // the first thread's, whichever is the last to go
    }
    if (process->thread_count == 1) {
        process_end(process);
    }
    leave_process(thread);
    reap_last_dead();
    last_dead = thread;
    thread->state = THREAD_DEAD;
    schedule();
    panic("a dead thread runs");
}
