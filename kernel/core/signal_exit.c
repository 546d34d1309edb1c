// The last stop before the app: whatever has come up while the kernel ran is done here. Handlers
// are called through a set (signal.h); the default actions are here, because every program can die
// of a signal.
#include <asm/siginfo.h>
#include <asm/signal.h>

#include <asm/errno.h>

#include "arch.h"
#include "percpu.h"
#include "report.h"
#include "sequence.h"
#include "signal.h"
#include "thread.h"
#include "wait.h"

SET_DECLARE(signal_delivery, signal_delivery_ref);
SET_DECLARE(app_interrupted, app_interrupted_fn);

void trap_user_fault(UNUSED struct regs *regs, int signo, int si_code, uint64_t address) {
    struct siginfo_k info = {.signo = signo, .code = si_code};
    info.fields[0] = address;
    signal_force(thread_current(), &info);
}

static const struct signal_delivery *delivery(void) {
    SET_FOR_EACH (entry, signal_delivery, signal_delivery_ref) {
        return *entry;
    }
    return NULL;
}

// --- calls that were interrupted
// ------------------------------------------------------------------

static void run_site_again(struct regs *regs) {
    regs_set_pc(regs, regs_pc(regs) - SYSCALL_INSN_SIZE);
    regs_set_arg(regs, 0, regs_arg(regs, 0));
    regs_clear_syscall(regs);
}

static void give_eintr(struct regs *regs) {
    regs_set_result(regs, (uint64_t)-EINTR);
}

// What Linux does through restart_syscall(2): what was left of the call, without asking the app.
static void go_on_with_call(struct regs *regs) {
    struct thread *thread = thread_current();
    long (*restart)(struct thread *) = thread->restart;
    thread->restart = NULL;
    regs_set_result(regs, (uint64_t)(restart == NULL ? -EINTR : restart(thread)));
}

void signal_settle_call(struct regs *regs, const struct signal_action *action) {
    if (!regs_is_syscall(regs)) {
        return;
    }
    bool handled = action != NULL;
    switch (-(int64_t)regs_result(regs)) {
    case ERESTARTSYS:
        if (handled && (action->flags & SA_RESTART) == 0) {
            give_eintr(regs);
            return;
        }
        run_site_again(regs);
        return;
    case ERESTARTNOINTR:
        run_site_again(regs);
        return;
    case ERESTARTNOHAND:
        if (handled) {
            give_eintr(regs);
            return;
        }
        run_site_again(regs);
        return;
    case ERESTART_RESTARTBLOCK:
        if (handled) {
            give_eintr(regs);
            return;
        }
        go_on_with_call(regs);
        return;
    default:
        return;
    }
}

// --- default actions
// ------------------------------------------------------------------------------

static bool may_go_on(const struct process *process) {
    return !process->stopped || (this_cpu()->work & WORK_EXIT) != 0;
}

// Sleeps until SIGCONT or SIGKILL has come, whichever thread took the stop.
static void stay_stopped(struct process *process) {
    while (!may_go_on(process)) {
        percpu_take_work(WORK_SIGNAL);
        wait_sleep(WAIT_FOREVER);
    }
    percpu_add_work(WORK_SIGNAL);
}

static void stop(struct process *process) {
    process->stopped = true;
    FOR_EACH_THREAD (thread, process) {
        thread_add_work(thread, WORK_SIGNAL);
    }
}

static void act_by_default(struct regs *regs, const struct siginfo_k *info) {
    switch (signal_default_of(info->signo)) {
    case SIGNAL_IGNORE:
        return;
    case SIGNAL_STOP:
        stop(process_current());
        return;
    case SIGNAL_CORE:
        report_fault(regs, info->signo, info->code, info->code > 0 ? info->fields[0] : 0);
        break;
    case SIGNAL_TERMINATE:
        break;
    }
    process_exit(info->signo);
}

static void act(struct regs *regs, const struct siginfo_k *info) {
    struct signal_action *action = &process_current()->actions->of[info->signo - 1];
    if (action->handler == (uint64_t)SIG_IGN) {
        return;
    }
    if (action->handler == (uint64_t)SIG_DFL) {
        act_by_default(regs, info);
        return;
    }
    delivery()->deliver(regs, info);
}

// --- the way out
// ----------------------------------------------------------------------------------

static void handle_signals(struct regs *regs) {
    struct thread *thread = thread_current();
    percpu_take_work(WORK_SIGNAL);
    if (delivery() != NULL && !delivery()->ready(regs)) {
        return;
    }
    struct siginfo_k info;
    while (!thread->process->stopped && signal_take(thread, ~thread->blocked, &info) != 0) {
        act(regs, &info);
    }
    if (thread->process->stopped) {
        stay_stopped(thread->process);
        return;
    }
    signal_settle_call(regs, NULL);
    if (percpu_take_work(WORK_RESTORE_MASK) != 0) {
        signal_set_blocked(thread, thread->saved_blocked);
    }
}

void app_interrupted(struct regs *regs) {
    SET_FOR_EACH (hook, app_interrupted, app_interrupted_fn) {
        (*hook)(regs);
    }
}

void trap_exit_work(struct regs *regs) {
    uint64_t work;
    while ((work = this_cpu()->work) != 0) {
        if ((work & (WORK_TIMER | WORK_DEVICE)) != 0) {
            run_noted_interrupts();
        }
        if ((work & WORK_EXIT) != 0) {
            thread_exit(process_current()->exit_status);
        }
        if ((work & WORK_RESCHEDULE) != 0) {
            app_interrupted(regs);
            schedule();
        }
        if ((work & (WORK_SIGNAL | WORK_RESTORE_MASK)) != 0) {
            handle_signals(regs);
        }
    }
}
