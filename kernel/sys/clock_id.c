// Clocks by number. The coarse ones and BOOTTIME are the fine ones: reading the counter costs
// nothing here and the machine never sleeps. A negative number is a process's or a thread's CPU
// clock: clock_getcpuclockid(3) in glibc and Linux's include/linux/posix-timers.h put ~pid above
// three bits.
#include "clock_id.h"
#include "clock.h"
#include "thread.h"

#include <linux/errno.h>
#include <linux/time.h>

enum { CPU_CLOCK_KIND = 3, CPU_CLOCK_FD = 3, CPU_CLOCK_THREAD = 4, CPU_CLOCK_SHIFT = 3 };

static int read_thread_clock(const struct process *asking, pid_t tid, uint64_t *now_ns) {
    const struct thread *thread = tid == 0 ? thread_current() : thread_find(tid);
    if (thread == NULL || thread->process != asking) {
        return -EINVAL;
    }
    *now_ns = thread_cpu_ns(thread);
    return 0;
}

static int read_process_clock(const struct process *asking, pid_t pid, uint64_t *now_ns) {
    const struct process *process = pid == 0 ? asking : process_find(pid);
    if (process == NULL) {
        return -EINVAL;
    }
    *now_ns = process_cpu_ns(process);
    return 0;
}

static int read_cpu_clock(const struct process *asking, int clock_id, uint64_t *now_ns) {
    if ((clock_id & CPU_CLOCK_KIND) == CPU_CLOCK_FD) {
        return -EINVAL; // the clock of an open device; there is none
    }
    pid_t number = ~(clock_id >> CPU_CLOCK_SHIFT);
    return clock_id & CPU_CLOCK_THREAD ? read_thread_clock(asking, number, now_ns)
                                       : read_process_clock(asking, number, now_ns);
}

bool clock_is_realtime(int clock_id) {
    return clock_id == CLOCK_REALTIME || clock_id == CLOCK_REALTIME_COARSE ||
           clock_id == CLOCK_REALTIME_ALARM || clock_id == CLOCK_TAI;
}

bool clock_has_timers(int clock_id) {
    return clock_id != CLOCK_MONOTONIC_RAW && clock_id != CLOCK_REALTIME_COARSE &&
           clock_id != CLOCK_MONOTONIC_COARSE;
}

int clock_read_for(const struct process *process, int clock_id, uint64_t *now_ns) {
    switch (clock_id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: // its offset is 0 until adjtimex(2) sets it
        *now_ns = clock_realtime_ns();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *now_ns = clock_monotonic_ns();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        return read_process_clock(process, 0, now_ns);
    case CLOCK_THREAD_CPUTIME_ID:
        return read_thread_clock(process, 0, now_ns);
    default:
        return clock_id < 0 ? read_cpu_clock(process, clock_id, now_ns) : -EINVAL;
    }
}

int clock_read(int clock_id, uint64_t *now_ns) {
    return clock_read_for(process_current(), clock_id, now_ns);
}

int clock_of_thread(const struct thread *thread) {
    enum { KIND_RUN_TIME = 2 };
    return (int)(~(uint32_t)thread->tid << CPU_CLOCK_SHIFT) | CPU_CLOCK_THREAD | KIND_RUN_TIME;
}

int clock_deadline(int clock_id, uint64_t ns, uint64_t *deadline_ns) {
    uint64_t now_ns = 0;
    int error = clock_read(clock_id, &now_ns);
    *deadline_ns = clock_monotonic_ns() + (ns > now_ns ? ns - now_ns : 0);
    return error;
}
