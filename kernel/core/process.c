// Processes: what threads share, and how it ends. Process 1 is the program that the image is for;
// when it has ended the machine has nothing left to do.
#include "process.h"
#include "clock.h"
#include "heap.h"
#include "report.h"
#include "set.h"
#include "thread.h"
#include "vm.h"

#include <asm/resource.h>
#include <linux/capability.h>

#define ALL_CAPABILITIES ((1UL << (CAP_LAST_CAP + 1)) - 1)

enum { FIRST_PID = 1, NOFILE_SOFT = 1024, NOFILE_HARD = 1048576 };

struct list all_processes = LIST_INIT(all_processes);

SET_DECLARE(process_exit, process_hook_fn);

// What Linux gives to process 1 (include/asm-generic/resource.h), as getrlimit(2) shows it in a
// container: no process and signal limits, since there is no other user to be protected.
static void set_default_limits(struct rlimit_k limits[RLIMIT_COUNT]) {
    for (size_t i = 0; i < RLIMIT_COUNT; i++) {
        limits[i] = (struct rlimit_k){RLIM_INFINITY, RLIM_INFINITY};
    }
    limits[RLIMIT_STACK].current = 8UL << 20;
    limits[RLIMIT_CORE].current = 0;
    limits[RLIMIT_NOFILE] = (struct rlimit_k){NOFILE_SOFT, NOFILE_HARD};
    limits[RLIMIT_MEMLOCK] = (struct rlimit_k){8UL << 20, 8UL << 20};
    limits[RLIMIT_MSGQUEUE] = (struct rlimit_k){819200, 819200};
    limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct rlimit_k){0, 0};
}

struct process *process_find(pid_t pid) {
    FOR_EACH_PROCESS(process) {
        if (process->pid == pid) {
            return process;
        }
    }
    return NULL;
}

struct process *process_new(void) {
    struct process *process = heap_alloc_zeroed(sizeof(*process));
    if (process == NULL) {
        return NULL;
    }
    process->actions = heap_alloc_zeroed(sizeof(*process->actions));
    if (process->actions == NULL) {
        heap_free(process);
        return NULL;
    }
    process->actions->references = 1;
    process->pid = process->group = process->session = tid_new();
    process->start_ns = clock_monotonic_ns();
    process->dumpable = true;
    process->credentials.effective = process->credentials.permitted = ALL_CAPABILITIES;
    process->bounding = ALL_CAPABILITIES;
    list_init(&process->threads);
    signal_pending_init(&process->pending);
    wait_queue_init(&process->signal_waiters);
    set_default_limits(process->limits);
    list_push_back(&all_processes, &process->node);
    return process;
}

uint64_t process_cpu_ns(const struct process *process) {
    uint64_t total = process->user_ns + process->system_ns;
    FOR_EACH_THREAD (thread, process) {
        total += thread_cpu_ns(thread);
    }
    return total;
}

// A shell's view of wait(2)'s encoding.
static int shell_status(int wait_status) {
    int signo = wait_status & 0x7f;
    return signo != 0 ? 128 + signo : wait_status >> 8 & 0xff;
}

void process_end(struct process *process) {
    SET_FOR_EACH (hook, process_exit, process_hook_fn) {
        (*hook)(process);
    }
    if (process->pid == FIRST_PID) {
        machine_exit(shell_status(process->exit_status));
    }
}

static void end_other_threads(struct process *process) {
    FOR_EACH_THREAD (thread, process) {
        if (thread != thread_current()) {
            thread_add_work(thread, WORK_EXIT);
        }
    }
}

void process_exit(int wait_status) {
    struct process *process = process_current();
    if (!process->exiting) {
        process->exiting = true;
        process->exit_status = wait_status;
        end_other_threads(process);
    }
    thread_exit(wait_status);
}
