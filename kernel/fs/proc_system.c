// Files of /proc about the whole machine.
#include <linux/stat.h>

#include "clock.h"
#include "page.h"
#include "proc.h"
#include "thread.h"

enum { FILE_MODE = S_IFREG | 0444, LINK_MODE = S_IFLNK | 0777, FIRST_NUMBER = 8 };
enum { KIB_PER_PAGE = PAGE_SIZE / 1024 };
#define TICK_NS (NSEC_PER_SEC / 100) // USER_HZ

static void filesystems(struct proc_text *text, UNUSED const struct process *process) {
    proc_add(text, "nodev\ttmpfs\nnodev\tproc\n");
}

static size_t count_threads(void) {
    size_t count = 0;
    FOR_EACH_PROCESS(process) {
        count += process->thread_count;
    }
    return count;
}

static void loadavg(struct proc_text *text, UNUSED const struct process *process) {
    proc_add(text, "0.00 0.00 0.00 1/%zu %d\n", count_threads(), process_current()->pid);
}

static void meminfo(struct proc_text *text, UNUSED const struct process *process) {
    size_t total = page_total_count() * KIB_PER_PAGE;
    size_t free = page_free_count() * KIB_PER_PAGE;
    proc_add(text, "MemTotal:       %8zu kB\n", total);
    proc_add(text, "MemFree:        %8zu kB\n", free);
    proc_add(text, "MemAvailable:   %8zu kB\n", free);
    proc_add(text, "Buffers:        %8d kB\n", 0);
    proc_add(text, "Cached:         %8d kB\n", 0);
    proc_add(text, "SwapCached:     %8d kB\n", 0);
    proc_add(text, "SwapTotal:      %8d kB\n", 0);
    proc_add(text, "SwapFree:       %8d kB\n", 0);
    proc_add(text, "Shmem:          %8d kB\n", 0);
    proc_add(text, "SReclaimable:   %8d kB\n", 0);
}

static void stat(struct proc_text *text, UNUSED const struct process *process) {
    uint64_t busy = 0;
    uint64_t now = clock_monotonic_ns();
    FOR_EACH_PROCESS(each) {
        busy += process_cpu_ns(each);
    }
    uint64_t idle = now > busy ? now - busy : 0;
    static const char *const names[] = {"cpu ", "cpu0"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        proc_add(text, "%s %lu 0 0 %lu 0 0 0 0 0 0\n", names[i], busy / TICK_NS, idle / TICK_NS);
    }
    proc_add(text, "intr 0\nctxt 0\nbtime %lu\n", (clock_realtime_ns() - now) / NSEC_PER_SEC);
    proc_add(text, "processes %zu\nprocs_running 1\nprocs_blocked 0\n", count_threads());
}

static void put_seconds(struct proc_text *text, uint64_t time_ns, const char *end) {
    uint64_t ticks = time_ns / TICK_NS;
    proc_add(text, "%lu.%02lu%s", ticks / 100, ticks % 100, end);
}

static void uptime(struct proc_text *text, UNUSED const struct process *process) {
    put_seconds(text, clock_monotonic_ns(), " ");
    put_seconds(text, 0, "\n");
}

static ssize_t read_mounts_link(UNUSED struct inode *inode, char *buffer, size_t size_bytes) {
    static const char target[] = "self/mounts";
    size_t length = MIN(sizeof(target) - 1, size_bytes);
    for (size_t i = 0; i < length; i++) {
        buffer[i] = target[i];
    }
    return (ssize_t)length;
}

static const struct inode_ops mounts_link_ops = {
    .readlink = read_mounts_link, .statfs = proc_statfs, .destroy = proc_destroy};

#define TEXT(name_, order)                                                                         \
    {                                                                                              \
        .name = #name_, .mode = FILE_MODE, .number = FIRST_NUMBER + (order),                       \
        .ops = &proc_text_ops, .text = (name_)                                                     \
    }
const struct proc_node proc_root_children[] = {
    {.name = "cpuinfo",
     .mode = FILE_MODE,
     .number = FIRST_NUMBER,
     .ops = &proc_text_ops,
     .text = proc_cpuinfo},
    TEXT(filesystems, 1),
    TEXT(loadavg, 2),
    TEXT(meminfo, 3),
    {.name = "mounts", .mode = LINK_MODE, .number = FIRST_NUMBER + 4, .ops = &mounts_link_ops},
    {.name = "self", .mode = LINK_MODE, .number = FIRST_NUMBER + 5, .ops = &proc_self_ops},
    TEXT(stat, 6),
    TEXT(uptime, 7),
    {.name = NULL},
};
