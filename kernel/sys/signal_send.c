// kill(2), tkill(2), tgkill(2), rt_sigqueueinfo(2), rt_tgsigqueueinfo(2). Signal 0 only asks
// whether one could be sent.
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

enum { FIRST_PID = 1 };

static bool may_signal(const struct process *target, int signo) {
    const struct credentials *own = &process_current()->credentials;
    const struct credentials *theirs = &target->credentials;
    return own->euid == 0 || own->euid == theirs->uid || own->euid == theirs->suid ||
           own->uid == theirs->uid || own->uid == theirs->suid ||
           (signo == SIGCONT && process_current()->session == target->session);
}

struct siginfo_k signal_info_from_self(int signo, int code) {
    const struct process *self = process_current();
    struct siginfo_k info = {.signo = signo, .code = code};
    info.fields[0] = (uint32_t)self->pid | (uint64_t)self->credentials.uid << 32;
    return info;
}

int signal_call_send(struct process *process, const struct siginfo_k *info) {
    if (!may_signal(process, info->signo)) {
        return -EPERM;
    }
    return info->signo == 0 ? 0 : signal_send_process(process, info);
}

static bool is_meant(const struct process *process, pid_t pid) {
    if (pid == -1) {
        return process->pid != FIRST_PID && process != process_current();
    }
    return process->group == (pid == 0 ? process_current()->group : -pid);
}

// Success when one of them could be signalled.
static int send_to_group(pid_t pid, const struct siginfo_k *info) {
    int result = -ESRCH;
    FOR_EACH_PROCESS(process) {
        if (is_meant(process, pid)) {
            int error = signal_call_send(process, info);
            result = result == 0 ? 0 : error;
        }
    }
    return result;
}

SYSCALL(kill)(pid_t pid, int sig) {
    if (sig < 0 || sig > SIGNAL_COUNT) {
        return -EINVAL;
    }
    struct siginfo_k info = signal_info_from_self(sig, SI_USER);
    if (pid <= 0) {
        return pid == INT32_MIN ? -ESRCH : send_to_group(pid, &info);
    }
    struct process *process = process_find(pid);
    return process == NULL ? -ESRCH : signal_call_send(process, &info);
}

// tgid 0: any.
static int send_to_thread(pid_t tgid, pid_t tid, const struct siginfo_k *info) {
    struct thread *thread = thread_find(tid);
    if (thread == NULL || (tgid != 0 && thread->process->pid != tgid)) {
        return -ESRCH;
    }
    if (!may_signal(thread->process, info->signo)) {
        return -EPERM;
    }
    return info->signo == 0 ? 0 : signal_send_thread(thread, info);
}

SYSCALL(tkill)(pid_t pid, int sig) {
    if (pid <= 0 || sig < 0 || sig > SIGNAL_COUNT) {
        return -EINVAL;
    }
    struct siginfo_k info = signal_info_from_self(sig, SI_TKILL);
    return send_to_thread(0, pid, &info);
}

SYSCALL(tgkill)(pid_t tgid, pid_t pid, int sig) {
    if (tgid <= 0 || pid <= 0 || sig < 0 || sig > SIGNAL_COUNT) {
        return -EINVAL;
    }
    struct siginfo_k info = signal_info_from_self(sig, SI_TKILL);
    return send_to_thread(tgid, pid, &info);
}

// An app may not pretend to others that the kernel, or kill(2), sent a signal.
static int info_from_app(struct siginfo_k *info, void __user *from, int sig, pid_t target) {
    if (copy_from_user(info, from, sizeof(*info)) != 0) {
        return -EFAULT;
    }
    if (sig < 0 || sig > SIGNAL_COUNT) {
        return -EINVAL;
    }
    info->signo = sig;
    bool pretends = info->code >= 0 || info->code == SI_TKILL;
    return pretends && target != process_current()->pid ? -EPERM : 0;
}

SYSCALL(rt_sigqueueinfo)(pid_t pid, int sig, void __user *info) {
    struct siginfo_k given;
    int error = info_from_app(&given, info, sig, pid);
    if (error != 0) {
        return error;
    }
    struct process *process = process_find(pid);
    return process == NULL ? -ESRCH : signal_call_send(process, &given);
}

SYSCALL(rt_tgsigqueueinfo)(pid_t tgid, pid_t pid, int sig, void __user *info) {
    if (tgid <= 0 || pid <= 0) {
        return -EINVAL;
    }
    struct siginfo_k given;
    int error = info_from_app(&given, info, sig, tgid);
    return error != 0 ? error : send_to_thread(tgid, pid, &given);
}
