// /proc/PID/limits, laid out as proc_pid_limits(5) shows it.
#include <linux/resource.h>

#include "proc.h"
#include "report.h"
#include "thread.h"

static const struct {
    const char *name, *unit;
} limits[RLIMIT_COUNT] = {
    [RLIMIT_CPU] = {"Max cpu time", "seconds"},
    [RLIMIT_FSIZE] = {"Max file size", "bytes"},
    [RLIMIT_DATA] = {"Max data size", "bytes"},
    [RLIMIT_STACK] = {"Max stack size", "bytes"},
    [RLIMIT_CORE] = {"Max core file size", "bytes"},
    [RLIMIT_RSS] = {"Max resident set", "bytes"},
    [RLIMIT_NPROC] = {"Max processes", "processes"},
    [RLIMIT_NOFILE] = {"Max open files", "files"},
    [RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
    [RLIMIT_AS] = {"Max address space", "bytes"},
    [RLIMIT_LOCKS] = {"Max file locks", "locks"},
    [RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
    [RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
    [RLIMIT_NICE] = {"Max nice priority", ""},
    [RLIMIT_RTPRIO] = {"Max realtime priority", ""},
    [RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
};

enum { NUMBER_SIZE = 24 };

static const char *limit_text(uint64_t limit, char buffer[NUMBER_SIZE]) {
    if (limit == UINT64_MAX) {
        return "unlimited";
    }
    format_string(buffer, NUMBER_SIZE, "%lu", limit);
    return buffer;
}

void proc_limits(struct proc_text *text, const struct proc_subject *subject) {
    proc_add(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (size_t i = 0; i < RLIMIT_COUNT; i++) {
        char soft[NUMBER_SIZE], hard[NUMBER_SIZE];
        const struct rlimit_k *limit = &subject->process->limits[i];
        proc_add(text, "%-25s %-20s %-20s %-10s\n", limits[i].name,
                 limit_text(limit->current, soft), limit_text(limit->maximum, hard),
                 limits[i].unit);
    }
}
