// Processes and threads. A process owns what its threads share; nothing global stands for "the
// program".
#pragma once

#include "arch.h"
#include "list.h"
#include "percpu.h"
#include "signal.h"
#include "wait.h"

struct address_space;
struct fd_table;
struct fs_context;

enum { RLIMIT_COUNT = 16, THREAD_NAME_SIZE = 16, GROUPS_MAX = 32, TID_MAX = 4194304 };

struct rlimit_k {
    uint64_t current, maximum;
};

struct credentials {
    uid_t uid, euid, suid, fsuid;
    gid_t gid, egid, sgid, fsgid;
    uint32_t group_count;
    gid_t groups[GROUPS_MAX];
    uint64_t effective, permitted, inheritable; // capabilities; bit n is CAP_n (sys/capability.c)
};

struct process {
    struct list node; // of all processes
    pid_t pid, parent_pid, group, session;
    struct list threads;
    size_t thread_count;
    struct address_space *space;
    struct fd_table *files; // NULL until fs/fd is linked and has set it up
    struct fs_context *fs;  // cwd, root, umask (fs/vfs)
    struct signal_actions *actions;
    struct signal_pending pending;    // sent to the process
    struct wait_queue signal_waiters; // who reads or polls a signalfd, of any of its threads
    struct rlimit_k limits[RLIMIT_COUNT];
    struct credentials credentials;
    struct itimer *itimers;            // sys/itimer's, NULL until used
    struct posix_timers *posix_timers; // sys/posix_timer's, NULL until used
    uint64_t user_ns, system_ns, start_ns, max_rss_pages;
    char executable[256]; // /proc/self/exe
    bool stopped;         // by SIGSTOP and its like, until SIGCONT
    bool exiting;
    int exit_status; // wait(2)'s encoding
    uint32_t personality;
    int parent_death_signal;
    bool dumpable, keep_capabilities, child_subreaper, no_huge_pages; // prctl(2)
    uint32_t membarrier_registered;                                   // MEMBARRIER_CMD_REGISTER_*
    uint64_t ended_switches[2], ended_faults;                         // of threads that have ended
    uint64_t bounding, ambient;                                       // capability sets
    uint32_t secure_bits;
    struct cpu_limit *cpu_limit; // sys/cpu_limit.c's, NULL until used
};

enum thread_state { THREAD_RUNNABLE, THREAD_SLEEPING, THREAD_DEAD };

struct thread {
    struct arch_thread arch;
    void *kstack; // KSTACK_SIZE bytes, naturally aligned
    struct process *process;
    struct list process_node, run_node, tid_node;
    pid_t tid;
    enum thread_state state;
    bool interruptible;
    bool interrupted; // a signal ended the sleep
    uint64_t slice_end_ns;
    uint64_t run_start_ns, run_ns;
    char name[THREAD_NAME_SIZE];
    int nice;             // -20 .. 19: the length of its slices
    int policy;           // SCHED_*
    int priority, boost;  // real-time priority, 0 for none; and what priority inheritance lends
    bool reset_on_fork;   // sched(7): children begin with SCHED_OTHER
    uint64_t switches[2]; // [0] it slept, [1] it was preempted
    uint64_t timer_slack_ns;
    bool no_new_privileges;
    // signals
    uint64_t blocked;              // bit n-1 is signal n
    uint64_t saved_blocked;        // with WORK_RESTORE_MASK
    uint64_t waited;               // rt_sigtimedwait's set while it sleeps: not ignored
    struct signal_pending pending; // sent to the thread
    uint64_t altstack_base, altstack_size;
    uint32_t altstack_flags;
    uint64_t work; // WORK_*; percpu.work while running
    // system-call restart (ERESTART_RESTARTBLOCK)
    long (*restart)(struct thread *thread);
    uint64_t restart_data[4];
    // exit
    uint64_t clear_child_tid; // app address
    uint64_t robust_list;     // app address
    size_t robust_list_size;
    uint64_t rseq; // app address, sys/rseq.c; 0: none
    uint32_t rseq_length, rseq_signature;
    uint64_t faults;      // page faults of the app
    uint16_t io_priority; // ioprio_set(2): kept
};

#define KSTACK_REGS(kstack) ((struct regs *)((char *)(kstack) + KSTACK_SIZE) - 1)

static inline struct thread *thread_current(void) {
    return this_cpu()->current;
}
static inline int thread_priority(const struct thread *thread) {
    return MAX(thread->priority, thread->boost);
}
static inline struct process *process_current(void) {
    return thread_current()->process;
}
static inline struct regs *thread_regs(struct thread *thread) {
    return KSTACK_REGS(thread->kstack);
}

void thread_init(void);                     // the boot thread becomes idle
MUST_USE struct process *process_new(void); // pid, limits, credentials, actions; no space yet
MUST_USE struct thread *thread_new(struct process *process); // not runnable yet; NULL: no memory
void thread_start(struct thread *thread);
struct thread *thread_find(pid_t tid);
struct process *process_find(pid_t pid);
// Both take wait(2)'s encoding: (code & 0xff) << 8, or the signal's number.
NORETURN void thread_exit(int wait_status);  // the last one ends the process
NORETURN void process_exit(int wait_status); // exit_group or a fatal signal
NORETURN void thread_idle(void);             // the boot thread's last call
// CPU time used up to now, in nanoseconds. The process's includes its threads that have ended.
uint64_t thread_cpu_ns(const struct thread *thread);
uint64_t process_cpu_ns(const struct process *process);

// core/sched.c
void schedule(void);                                   // give the CPU to the next runnable thread
void thread_wake(struct thread *thread);               // harmless when it does not sleep
uint64_t thread_slice_ns(const struct thread *thread); // how long it runs while its equals wait
void thread_priority_changed(struct thread *thread);   // its place among those who wait for the CPU
// Sets WORK_* bits; WORK_SIGNAL and WORK_EXIT also end the thread's sleep if that is interruptible.
void thread_add_work(struct thread *thread, uint64_t work);
// Switches the app's half; the scheduler does it for the process of the thread that it chooses,
// execve(2) for its new space before the old one is released.
void use_address_space(const struct address_space *space);
// What interrupts have noted (WORK_TIMER, WORK_DEVICE) is done now. Only where nothing is half
// done.
void run_noted_interrupts(void);
#define FOR_EACH_THREAD(item, process_)                                                            \
    LIST_FOR_EACH (item, &(process_)->threads, struct thread, process_node)
extern struct list all_processes;
#define FOR_EACH_PROCESS(item) LIST_FOR_EACH (item, &all_processes, struct process, node)

// Called when a process ends, in set order, so that a subsystem need not be linked to be torn down.
typedef void (*process_hook_fn)(struct process *process);
#define PROCESS_EXIT_HOOK(order, function)                                                         \
    SET_ENTRY(process_exit, order, process_hook_fn, exit_##function) = function
// Called for each thread that ends (futex: robust list, clear_child_tid).
typedef void (*thread_hook_fn)(struct thread *thread);
#define THREAD_EXIT_HOOK(order, function)                                                          \
    SET_ENTRY(thread_exit, order, thread_hook_fn, exit_##function) = function
