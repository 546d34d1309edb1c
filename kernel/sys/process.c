// Who one is: numbers of processes, threads, groups and sessions.
#include "syscall.h"
#include "thread.h"

#include <linux/errno.h>

SYSCALL(getpid)(void) {
    return process_current()->pid;
}

SYSCALL(getppid)(void) {
    return process_current()->parent_pid;
}

SYSCALL(gettid)(void) {
    return thread_current()->tid;
}

SYSCALL(set_tid_address)(int __user *tidptr) {
    thread_current()->clear_child_tid = (uint64_t)tidptr;
    return thread_current()->tid;
}

// 0 means the caller.
static struct process *process_named(pid_t pid) {
    return pid == 0 ? process_current() : process_find(pid);
}

SYSCALL(getpgid)(pid_t pid) {
    const struct process *process = process_named(pid);
    return process != NULL ? process->group : -ESRCH;
}

SYSCALL(getsid)(pid_t pid) {
    const struct process *process = process_named(pid);
    return process != NULL ? process->session : -ESRCH;
}

SYSCALL(setsid)(void) {
    struct process *process = process_current();
    if (process->group == process->pid) {
        return -EPERM; // setsid(2): the caller already leads a group
    }
    process->session = process->group = process->pid;
    return process->session;
}

static bool group_exists(pid_t group, pid_t session) {
    const struct process *leader = process_find(group);
    return leader != NULL && leader->group == group && leader->session == session;
}

// A group whose leader has ended cannot be joined: there is no wait(2) yet that would leave one
// behind.
SYSCALL(setpgid)(pid_t pid, pid_t pgid) {
    struct process *self = process_current(), *process = process_named(pid);
    if (pgid < 0) {
        return -EINVAL;
    }
    if (process == NULL || (process != self && process->parent_pid != self->pid)) {
        return -ESRCH;
    }
    pid_t group = pgid != 0 ? pgid : process->pid;
    if (process->session == process->pid || process->session != self->session) {
        return -EPERM; // a session's leader keeps its group
    }
    if (group != process->pid && !group_exists(group, self->session)) {
        return -EPERM;
    }
    process->group = group;
    return 0;
}
