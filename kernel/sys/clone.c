// clone(2), clone3(2): new threads. A child that would be a process of its own is refused with
// ENOSYS: what it needs (a copied space, descriptors, wait) is kept apart in struct process
// already.
#include "arch.h"
#include "credentials.h"
#include "futex.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <asm/resource.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/sched.h>

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
// What has no effect here, or is what we do anyway. CLONE_DETACHED: Linux ignores it.
#define HARMLESS_FLAGS (CLONE_SYSVSEM | CLONE_DETACHED | CLONE_IO | CLONE_PTRACE | CLONE_UNTRACED)
#define KNOWN_FLAGS                                                                                \
    (THREAD_FLAGS | HARMLESS_FLAGS | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |     \
     CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND)

struct clone_request {
    uint64_t flags;
    uint64_t stack; // the child's sp; 0: the parent's
    uint64_t tls;
    int __user *parent_tid;
    int __user *child_tid;
};

static long check(const struct clone_request *request) {
    uint64_t flags = request->flags;
    bool thread_without_sighand = (flags & CLONE_THREAD) != 0 && (flags & CLONE_SIGHAND) == 0;
    bool sighand_without_vm = (flags & CLONE_SIGHAND) != 0 && (flags & CLONE_VM) == 0;
    bool clear_shared = (flags & CLONE_SIGHAND) != 0 && (flags & CLONE_CLEAR_SIGHAND) != 0;
    if (thread_without_sighand || sighand_without_vm || clear_shared) {
        return -EINVAL;
    }
    return (flags & THREAD_FLAGS) == THREAD_FLAGS && (flags & ~(uint64_t)KNOWN_FLAGS) == 0
               ? 0
               : -ENOSYS;
}

static void inherit(struct thread *child, const struct thread *parent) {
    memcpy(child->name, parent->name, sizeof(child->name));
    bool reset = parent->reset_on_fork && parent->priority != 0;
    child->nice = parent->reset_on_fork ? MAX(parent->nice, 0) : parent->nice;
    child->policy = reset ? SCHED_NORMAL : parent->policy;
    child->priority = reset ? 0 : parent->priority;
    child->io_priority = parent->io_priority;
    child->timer_slack_ns = parent->timer_slack_ns;
    child->no_new_privileges = parent->no_new_privileges;
    child->blocked = parent->blocked;
}

// The child returns from the same call as its parent, with 0.
static void set_up_registers(struct thread *child, struct thread *parent,
                             const struct clone_request *request) {
    struct regs *regs = thread_regs(child);
    *regs = *thread_regs(parent);
    regs_set_result(regs, 0);
    if (request->stack != 0) {
        regs_set_sp(regs, request->stack);
    }
    if (request->flags & CLONE_SETTLS) {
        regs_set_tls(regs, child, request->tls);
    }
    arch_fp_copy(child, parent);
    arch_prepare_user(child);
}

// A pointer that cannot be written is no error, in Linux neither.
static void store_tid(int __user *where, pid_t tid) {
    if (put_user(tid, where) != 0) {
        return;
    }
}

static bool may_have_more(const struct process *process) {
    return process->thread_count < process->limits[RLIMIT_NPROC].current ||
           process_capable(process, CAP_SYS_RESOURCE) || process_capable(process, CAP_SYS_ADMIN);
}

static long clone_thread(const struct clone_request *request) {
    long error = check(request);
    if (error != 0) {
        return error;
    }
    struct thread *parent = thread_current();
    if (!may_have_more(parent->process)) {
        return -EAGAIN;
    }
    if (parent->process->exiting) {
        return -ERESTARTNOINTR; // it would be missed by those who are ending its siblings
    }
    struct thread *child = thread_new(parent->process);
    if (child == NULL) {
        return -EAGAIN;
    }
    inherit(child, parent);
    set_up_registers(child, parent, request);
    pid_t tid = child->tid;
    if (request->flags & CLONE_PARENT_SETTID) {
        store_tid(request->parent_tid, tid);
    }
    if (request->flags & CLONE_CHILD_SETTID) {
        store_tid(request->child_tid, tid);
    }
    if (request->flags & CLONE_CHILD_CLEARTID) {
        child->clear_child_tid = (uint64_t)request->child_tid;
    }
    thread_start(child);
    return tid;
}

// The low byte of clone(2)'s flags is the signal for the parent; a thread sends none.
SYSCALL(clone)
(unsigned long flags, unsigned long stack, int __user *parent_tid, unsigned long tls,
 int __user *child_tid) {
    struct clone_request request = {flags & ~(uint64_t)CSIGNAL, stack, tls, parent_tid, child_tid};
    return clone_thread(&request);
}

// What lies behind the structure as we know it must be zero (clone3(2), E2BIG).
static long read_clone_args(void __user *from, size_t size, struct clone_args *args) {
    if (size > PAGE_SIZE) {
        return -E2BIG;
    }
    if (size < CLONE_ARGS_SIZE_VER0) {
        return -EINVAL;
    }
    *args = (struct clone_args){0};
    if (copy_from_user(args, from, MIN(size, sizeof(*args))) != 0) {
        return -EFAULT;
    }
    for (size_t at = sizeof(*args); at < size; at++) {
        char byte;
        if (get_user(byte, (const char __user *)from + at) != 0) {
            return -EFAULT;
        }
        if (byte != 0) {
            return -E2BIG;
        }
    }
    return 0;
}

SYSCALL(clone3)(void __user *args, size_t size) {
    struct clone_args given;
    long error = read_clone_args(args, size, &given);
    if (error != 0) {
        return error;
    }
    bool half_a_stack = (given.stack == 0) != (given.stack_size == 0);
    bool signal_of_thread = (given.flags & CLONE_THREAD) != 0 && given.exit_signal != 0;
    if (half_a_stack || signal_of_thread || (given.flags & (CLONE_DETACHED | CSIGNAL)) != 0) {
        return -EINVAL;
    }
    if (given.set_tid_size != 0) {
        return -ENOSYS;
    }
    struct clone_request request = {
        .flags = given.flags,
        .stack = given.stack + given.stack_size,
        .tls = given.tls,
        .parent_tid = (int __user *)given.parent_tid,
        .child_tid = (int __user *)given.child_tid,
    };
    return clone_thread(&request);
}

// set_tid_address(2): who joins a thread waits for this word. Without another thread nobody does.
static void clear_child_tid(struct thread *thread) {
    uint64_t address = thread->clear_child_tid;
    if (address == 0 || thread->process->thread_count == 1) {
        return;
    }
    store_tid((int __user *)address, 0);
    futex_wake_shared(address, 1);
}
THREAD_EXIT_HOOK(2, clear_child_tid);
