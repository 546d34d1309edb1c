// Files of /proc about the whole machine.
#include <linux/stat.h>
#include <linux/utsname.h>

#include "clock.h"
#include "page.h"
#include "proc.h"
#include "string.h"
#include "system.h"
#include "thread.h"

enum { KIB_PER_PAGE = PAGE_SIZE / 1024 };
#define TICK_NS (NSEC_PER_SEC / 100) // USER_HZ

static void devices(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "Character devices:\n");
    SET_FOR_EACH (device, device, struct device_ops) {
        if (device->name != NULL && S_ISCHR(device->mode)) {
            proc_add(text, "%3u %s\n", (unsigned)(device->rdev >> 8 & 0xfff), device->name);
        }
    }
    proc_add(text, "\nBlock devices:\n");
}

static void filesystems(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n");
}

static size_t count_threads(void) {
    size_t count = 0;
    FOR_EACH_PROCESS(process) {
        count += process->thread_count;
    }
    return count;
}

static void loadavg(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "0.00 0.00 0.00 1/%zu %d\n", count_threads(), process_current()->pid);
}

static void meminfo(struct proc_text *text, UNUSED const struct proc_subject *subject) {
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

static void stat(struct proc_text *text, UNUSED const struct proc_subject *subject) {
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

static void uptime(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    put_seconds(text, clock_monotonic_ns(), " ");
    put_seconds(text, 0, "\n");
}

static void swaps(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "%-40s%-16s%-16s%-16s%s\n", "Filename", "Type", "Size", "Used", "Priority");
}

static void version(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "%s version %s %s\n", system_names.sysname, system_names.release,
             system_names.version);
}

// The kernel has no command line.
static void cmdline(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "\n");
}

static ssize_t read_mounts_link(UNUSED struct inode *inode, char *buffer, size_t size_bytes) {
    static const char target[] = "self/mounts";
    size_t length = MIN(sizeof(target) - 1, size_bytes);
    memcpy(buffer, target, length);
    return (ssize_t)length;
}

static const struct inode_ops mounts_link_ops = {
    .readlink = read_mounts_link, .statfs = proc_statfs, .destroy = proc_destroy};

const struct proc_node proc_root_children[] = {
    PROC_FILE("cmdline", 0444, cmdline),
    PROC_FILE("cpuinfo", 0444, proc_cpuinfo),
    PROC_FILE("devices", 0444, devices),
    PROC_FILE("filesystems", 0444, filesystems),
    PROC_FILE("loadavg", 0444, loadavg),
    PROC_FILE("meminfo", 0444, meminfo),
    PROC_LINK("mounts", &mounts_link_ops),
    PROC_LINK("self", &proc_self_ops),
    PROC_FILE("stat", 0444, stat),
    PROC_FILE("swaps", 0444, swaps),
    PROC_LINK("thread-self", &proc_thread_self_ops),
    PROC_FILE("uptime", 0444, uptime),
    PROC_FILE("version", 0444, version),
    {.name = NULL},
};
