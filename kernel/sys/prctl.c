// prctl(2), personality(2): what has a meaning here; the rest is EINVAL, as for an option that a
// kernel was built without.
#include "credentials.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/personality.h>
#include <linux/prctl.h>

#define DEFAULT_TIMER_SLACK_NS 50000
#define PERSONALITY_QUERY 0xffffffffU

static long set_name(unsigned long from) {
    char name[THREAD_NAME_SIZE] = {0};
    ssize_t length = string_from_user(name, (const char __user *)user_pointer(from), sizeof(name));
    if (length < 0 && length != -ENAMETOOLONG) {
        return length;
    }
    name[THREAD_NAME_SIZE - 1] = '\0'; // a longer one is cut
    memcpy(thread_current()->name, name, sizeof(name));
    return 0;
}

static long set_flag(bool *flag, unsigned long value) {
    if (value > 1) {
        return -EINVAL;
    }
    *flag = value != 0;
    return 0;
}

static long set_parent_death_signal(unsigned long signo) {
    if (signo > SIGNAL_COUNT) {
        return -EINVAL;
    }
    process_current()->parent_death_signal = (int)signo;
    return 0;
}

static long set_timer_slack(unsigned long ns) {
    thread_current()->timer_slack_ns = (long)ns > 0 ? ns : DEFAULT_TIMER_SLACK_NS;
    return 0;
}

static long set_no_new_privileges(unsigned long value, unsigned long rest) {
    if (value != 1 || rest != 0) {
        return -EINVAL;
    }
    thread_current()->no_new_privileges = true;
    return 0;
}

static long get_options(int option, unsigned long argument, unsigned long rest) {
    const struct thread *thread = thread_current();
    const struct process *process = thread->process;
    switch (option) {
    case PR_GET_NAME:
        return copy_to_user((void __user *)argument, thread->name, sizeof(thread->name));
    case PR_GET_PDEATHSIG:
        return put_user(process->parent_death_signal, (int __user *)argument);
    case PR_GET_CHILD_SUBREAPER:
        return put_user((int)process->child_subreaper, (int __user *)argument);
    case PR_GET_TID_ADDRESS:
        return put_user(thread->clear_child_tid, (uint64_t __user *)argument);
    case PR_GET_DUMPABLE:
        return process->dumpable;
    case PR_GET_KEEPCAPS:
        return process->keep_capabilities;
    case PR_GET_NO_NEW_PRIVS:
        return (argument | rest) != 0 ? -EINVAL : thread->no_new_privileges;
    case PR_GET_TIMERSLACK:
        return (long)thread->timer_slack_ns;
    case PR_GET_THP_DISABLE:
        return (argument | rest) != 0 ? -EINVAL : process->no_huge_pages;
    case PR_GET_SECCOMP:
    case PR_GET_SECUREBITS:
        return 0;
    case PR_CAPBSET_READ:
        return argument <= CAP_LAST_CAP ? 1 : -EINVAL;
    default:
        return -EINVAL;
    }
}

SYSCALL(prctl)
(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5) {
    struct process *process = process_current();
    switch (option) {
    case PR_SET_NAME:
        return set_name(arg2);
    case PR_SET_PDEATHSIG:
        return set_parent_death_signal(arg2);
    case PR_SET_DUMPABLE:
        return set_flag(&process->dumpable, arg2);
    case PR_SET_KEEPCAPS:
        return set_flag(&process->keep_capabilities, arg2);
    case PR_SET_NO_NEW_PRIVS:
        return set_no_new_privileges(arg2, arg3 | arg4 | arg5);
    case PR_SET_TIMERSLACK:
        return set_timer_slack(arg2);
    case PR_SET_CHILD_SUBREAPER:
        return set_flag(&process->child_subreaper, arg2 != 0);
    case PR_SET_THP_DISABLE:
        return set_flag(&process->no_huge_pages, arg2 != 0);
    default:
        return get_options(option, arg2, arg3 | arg4 | arg5);
    }
}

SYSCALL(personality)(unsigned int persona) {
    struct process *process = process_current();
    uint32_t old = process->personality;
    if (persona != PERSONALITY_QUERY) {
        process->personality = persona;
    }
    return old;
}
