// What has been used: getrusage(2), times(2). The direct path takes no time stamps, so all CPU time
// counts as the app's own.
#include "clock.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"
#include "vm.h"

#include <linux/resource.h>
#include <linux/times.h>

#define CLOCK_TICK_NS (NSEC_PER_SEC / 100) // sysconf(_SC_CLK_TCK)

static void add_thread(struct rusage *used, const struct thread *thread) {
    used->ru_minflt += (long)thread->faults;
    used->ru_nvcsw += (long)thread->switches[0];
    used->ru_nivcsw += (long)thread->switches[1];
}

static void add_process(struct rusage *used, const struct process *process) {
    used->ru_minflt = (long)process->ended_faults;
    used->ru_nvcsw = (long)process->ended_switches[0];
    used->ru_nivcsw = (long)process->ended_switches[1];
    FOR_EACH_THREAD (thread, process) {
        add_thread(used, thread);
    }
}

SYSCALL(getrusage)(int who, void __user *usage) {
    const struct process *process = process_current();
    struct rusage used = {0};
    switch (who) {
    case RUSAGE_SELF:
        used.ru_utime = timeval_of_ns(process_cpu_ns(process));
        add_process(&used, process);
        break;
    case RUSAGE_THREAD:
        used.ru_utime = timeval_of_ns(thread_cpu_ns(thread_current()));
        add_thread(&used, thread_current());
        break;
    case RUSAGE_CHILDREN:
        return copy_to_user(usage, &used, sizeof(used));
    default:
        return -EINVAL;
    }
    used.ru_maxrss = (long)(process->space->peak_resident_pages * (PAGE_SIZE / 1024));
    return copy_to_user(usage, &used, sizeof(used));
}

SYSCALL(times)(void __user *buf) {
    struct tms used = {.tms_utime = (long)(process_cpu_ns(process_current()) / CLOCK_TICK_NS)};
    if (buf != NULL && copy_to_user(buf, &used, sizeof(used)) != 0) {
        return -EFAULT;
    }
    return (long)(clock_monotonic_ns() / CLOCK_TICK_NS);
}
