// Files of /proc/PID: proc_pid_*(5). What is not counted here is 0, as it is for a process that has
// none of it.
#include <asm/errno.h>
#include <linux/resource.h>
#include <linux/stat.h>

#include "arch.h"
#include "fd.h"
#include "page.h"
#include "proc.h"
#include "signal.h"
#include "string.h"
#include "thread.h"
#include "vm.h"

enum { KIB_PER_PAGE = PAGE_SIZE / 1024, TTY_NUMBER = DEVICE_NUMBER(5, 1) };
#define TICK_NS (NSEC_PER_SEC / 100) // USER_HZ

// --- from its memory -----------------------------------------------------------------------------

// What is present; it ends where a page is not.
static void add_memory(struct proc_text *text, struct address_space *space, uint64_t start,
                       uint64_t end) {
    while (start < end) {
        const pte_t *slot = vm_pte(space, start, false);
        if (slot == NULL || !pte_present(*slot)) {
            return;
        }
        size_t part = MIN(PAGE_SIZE - (start & ~PAGE_MASK), end - start);
        proc_add_bytes(text, (const char *)pa_to_va(pte_pa(*slot)) + (start & ~PAGE_MASK), part);
        start += part;
    }
}

static void cmdline(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    if (process->space != NULL) {
        add_memory(text, process->space, process->space->arg_start, process->space->arg_end);
    }
}

static void environ(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    if (process->space != NULL) {
        add_memory(text, process->space, process->space->env_start, process->space->env_end);
    }
}

static void auxv(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    if (process->space != NULL) {
        add_memory(text, process->space, process->space->auxv_start, process->space->auxv_end);
    }
}

// --- state ---------------------------------------------------------------------------------------

static char thread_state(const struct thread *thread) {
    return thread->state == THREAD_RUNNABLE ? 'R' : thread->process->stopped ? 'T' : 'S';
}

// A process runs when one of its threads does.
static char state_of(const struct proc_subject *subject) {
    if (!subject->is_task) {
        FOR_EACH_THREAD (thread, subject->process) {
            if (thread->state == THREAD_RUNNABLE) {
                return 'R';
            }
        }
    }
    return thread_state(subject->thread);
}

static void comm(struct proc_text *text, const struct proc_subject *subject) {
    proc_add(text, "%s\n", subject->thread->name);
}

// Threads of the same process only, as prctl(PR_SET_NAME) for another would be.
static int set_comm(const struct proc_subject *subject, const char *bytes, size_t length) {
    char *name = subject->thread->name;
    if (subject->process != process_current()) {
        return -EINVAL;
    }
    memset(name, 0, THREAD_NAME_SIZE);
    memcpy(name, bytes, MIN(length, THREAD_NAME_SIZE - 1));
    return 0;
}

static struct usage {
    uint64_t cpu_ns, faults, switches[2];
} usage_of(const struct proc_subject *subject) {
    const struct process *process = subject->process;
    struct usage usage = {0};
    if (!subject->is_task) {
        usage = (struct usage){process_cpu_ns(process),
                               process->ended_faults,
                               {process->ended_switches[0], process->ended_switches[1]}};
    }
    FOR_EACH_THREAD (thread, process) {
        if (!subject->is_task || thread == subject->thread) {
            usage.faults += thread->faults;
            usage.switches[0] += thread->switches[0];
            usage.switches[1] += thread->switches[1];
        }
    }
    usage.cpu_ns = subject->is_task ? thread_cpu_ns(subject->thread) : usage.cpu_ns;
    return usage;
}

struct actions {
    uint64_t ignored, caught;
};

static struct actions actions_of(const struct process *process) {
    struct actions actions = {0};
    for (int signo = 1; signo <= SIGNAL_COUNT; signo++) {
        uint64_t handler = process->actions->of[signo - 1].handler;
        actions.ignored |= handler == 1 ? signal_bit(signo) : 0;
        actions.caught |= handler > 1 ? signal_bit(signo) : 0;
    }
    return actions;
}

static const struct address_space *space_of(const struct proc_subject *subject) {
    static const struct address_space none;
    return subject->process->space == NULL ? &none : subject->process->space;
}

static void stat(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    const struct thread *thread = subject->thread;
    const struct address_space *space = space_of(subject);
    struct actions actions = actions_of(process);
    struct usage usage = usage_of(subject);
    proc_add(text, "%d (%s) %c %d %d %d %d %d 4194304 %lu 0 0 0 ",
             subject->is_task ? thread->tid : process->pid, thread->name, state_of(subject),
             process->parent_pid, process->group, process->session, TTY_NUMBER, process->group,
             usage.faults);
    proc_add(text, "%lu 0 0 0 %d %d %zu 0 %lu ", usage.cpu_ns / TICK_NS, 20 + thread->nice,
             thread->nice, process->thread_count, process->start_ns / TICK_NS);
    proc_add(text, "%lu %zu %lu %lu %lu %lu 0 0 ", space->mapped_pages * PAGE_SIZE,
             space->resident_pages, process->limits[RLIMIT_RSS].current, space->code_start,
             space->code_end, space->stack_top);
    proc_add(text, "%lu %lu %lu %lu 0 0 0 17 0 %d %d 0 0 0 ",
             subject->is_task ? thread->pending.set : process->pending.set, thread->blocked,
             actions.ignored, actions.caught, thread->priority, thread->policy);
    proc_add(text, "%lu %lu %lu %lu %lu %lu %lu %d\n", space->data_start, space->data_end,
             space->brk_start, space->arg_start, space->arg_end, space->env_start, space->env_end,
             process->exit_status);
}

static void statm(struct proc_text *text, const struct proc_subject *subject) {
    const struct address_space *space = space_of(subject);
    uint64_t code = (PAGE_UP(space->code_end) - PAGE_DOWN(space->code_start)) >> PAGE_SHIFT;
    proc_add(text, "%zu %zu 0 %lu 0 %zu 0\n", space->mapped_pages, space->resident_pages, code,
             space->data_pages);
}

static void add_pages(struct proc_text *text, const char *name, size_t page_count) {
    proc_add(text, "%s:\t%8zu kB\n", name, page_count * KIB_PER_PAGE);
}

static void add_credentials(struct proc_text *text, const struct credentials *who) {
    proc_add(text, "Uid:\t%u\t%u\t%u\t%u\n", who->uid, who->euid, who->suid, who->fsuid);
    proc_add(text, "Gid:\t%u\t%u\t%u\t%u\n", who->gid, who->egid, who->sgid, who->fsgid);
    proc_add(text, "Groups:\t");
    for (uint32_t i = 0; i < who->group_count; i++) {
        proc_add(text, "%u ", who->groups[i]);
    }
    proc_add(text, "\n");
}

static void add_signals(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    const struct thread *thread = subject->thread;
    struct actions actions = actions_of(process);
    proc_add(text, "SigPnd:\t%016lx\n", thread->pending.set);
    proc_add(text, "ShdPnd:\t%016lx\n", process->pending.set);
    proc_add(text, "SigBlk:\t%016lx\n", thread->blocked);
    proc_add(text, "SigIgn:\t%016lx\n", actions.ignored);
    proc_add(text, "SigCgt:\t%016lx\n", actions.caught);
    proc_add(text, "CapInh:\t%016lx\n", process->credentials.inheritable);
    proc_add(text, "CapPrm:\t%016lx\n", process->credentials.permitted);
    proc_add(text, "CapEff:\t%016lx\n", process->credentials.effective);
    proc_add(text, "CapBnd:\t%016lx\nCapAmb:\t%016lx\n", process->bounding, process->ambient);
}

static void add_memory_sizes(struct proc_text *text, const struct address_space *space) {
    if (space == NULL) {
        return;
    }
    add_pages(text, "VmSize", space->mapped_pages);
    add_pages(text, "VmLck", space->locked_pages);
    add_pages(text, "VmHWM", space->peak_resident_pages);
    add_pages(text, "VmRSS", space->resident_pages);
    add_pages(text, "VmData", space->data_pages);
}

static void status(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    const struct thread *thread = subject->thread;
    const struct usage usage = usage_of(subject);
    char state = state_of(subject);
    const char *described = state == 'R' ? "running" : state == 'S' ? "sleeping" : "stopped";
    proc_add(text, "Name:\t%s\n", thread->name);
    if (process->fs != NULL) {
        proc_add(text, "Umask:\t");
        proc_add_octal(text, process->fs->umask, 4);
        proc_add(text, "\n");
    }
    proc_add(text, "State:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
             state, described, process->pid, subject->is_task ? thread->tid : process->pid,
             process->parent_pid);
    add_credentials(text, &process->credentials);
    proc_add(text, "FDSize:\t%zu\n", process->files == NULL ? 0 : process->files->capacity);
    add_memory_sizes(text, process->space);
    proc_add(text, "Threads:\t%zu\n", process->thread_count);
    add_signals(text, subject);
    proc_add(text, "NoNewPrivs:\t%d\n", thread->no_new_privileges);
    proc_add(text, "Seccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n");
    proc_add(text, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
             usage.switches[0], usage.switches[1]);
}

// --- the rest
// -------------------------------------------------------------------------------------

static void cgroup(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "0::/\n");
}

// Nobody is chosen when memory runs out: it is the one that asks (mm/fault.c).
static void oom_score(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "0\n");
}

static void personality(struct proc_text *text, const struct proc_subject *subject) {
    proc_add(text, "%08x\n", subject->process->personality);
}

const struct proc_node proc_process_children[] = {
    {.name = "task", .mode = S_IFDIR | 0555, .ops = &proc_task_ops},
    // From here on also in /proc/PID/task/TID.
    PROC_FILE("auxv", 0400, auxv),
    PROC_FILE("cgroup", 0444, cgroup),
    PROC_FILE("cmdline", 0444, cmdline),
    PROC_SETTING("comm", 0644, comm, set_comm),
    PROC_LINK("cwd", &proc_cwd_ops),
    PROC_FILE("environ", 0400, environ),
    PROC_LINK("exe", &proc_exe_ops),
    {.name = "fd", .mode = S_IFDIR | 0500, .ops = &proc_fd_ops},
    {.name = "fdinfo", .mode = S_IFDIR | 0555, .ops = &proc_fdinfo_ops},
    PROC_FILE("limits", 0444, proc_limits),
    PROC_FILE("maps", 0444, proc_maps),
    PROC_FILE("mountinfo", 0444, proc_mountinfo),
    PROC_FILE("mounts", 0444, proc_mounts),
    PROC_FILE("oom_score", 0444, oom_score),
    PROC_FILE("personality", 0400, personality),
    PROC_LINK("root", &proc_root_link_ops),
    PROC_FILE("smaps", 0444, proc_smaps),
    PROC_FILE("smaps_rollup", 0444, proc_smaps_rollup),
    PROC_FILE("stat", 0444, stat),
    PROC_FILE("statm", 0444, statm),
    PROC_FILE("status", 0444, status),
    {.name = NULL},
};
