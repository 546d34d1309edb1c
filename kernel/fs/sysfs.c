// /sys as far as programs without devices read it: how many CPUs there are and how they lie
// (Documentation/ABI/testing/sysfs-devices-system-cpu), one memory node, no huge pages. QEMU's
// machines describe no caches, so there are none here either.
#include <linux/stat.h>

#include "proc.h"

#define TEXT(function, content)                                                                    \
    static void function(struct proc_text *text, UNUSED const struct proc_subject *subject) {      \
        proc_add(text, "%s\n", content);                                                           \
    }

TEXT(zero, "0")
TEXT(one, "1")
TEXT(empty, "")
TEXT(huge_pages, "always madvise [never]")
TEXT(huge_page_size, "2097152")

static const struct proc_node topology_children[] = {
    PROC_FILE("core_cpus", 0444, one),
    PROC_FILE("core_cpus_list", 0444, zero),
    PROC_FILE("core_id", 0444, zero),
    PROC_FILE("core_siblings", 0444, one),
    PROC_FILE("core_siblings_list", 0444, zero),
    PROC_FILE("package_cpus", 0444, one),
    PROC_FILE("package_cpus_list", 0444, zero),
    PROC_FILE("physical_package_id", 0444, zero),
    PROC_FILE("thread_siblings", 0444, one),
    PROC_FILE("thread_siblings_list", 0444, zero),
    {.name = NULL},
};

static const struct proc_node cpu0_children[] = {
    PROC_DIRECTORY("topology", topology_children),
    {.name = NULL},
};

static const struct proc_node cpu_children[] = {
    PROC_DIRECTORY("cpu0", cpu0_children), PROC_FILE("isolated", 0444, empty),
    PROC_FILE("kernel_max", 0444, zero),   PROC_FILE("offline", 0444, empty),
    PROC_FILE("online", 0444, zero),       PROC_FILE("possible", 0444, zero),
    PROC_FILE("present", 0444, zero),      {.name = NULL},
};

static const struct proc_node node0_children[] = {
    PROC_FILE("cpulist", 0444, zero),
    PROC_FILE("cpumap", 0444, one),
    {.name = NULL},
};

static const struct proc_node node_children[] = {
    PROC_FILE("has_cpu", 0444, zero),        PROC_FILE("has_memory", 0444, zero),
    PROC_DIRECTORY("node0", node0_children), PROC_FILE("online", 0444, zero),
    PROC_FILE("possible", 0444, zero),       {.name = NULL},
};

static const struct proc_node system_children[] = {
    PROC_DIRECTORY("cpu", cpu_children),
    PROC_DIRECTORY("node", node_children),
    {.name = NULL},
};

static const struct proc_node devices_children[] = {
    PROC_DIRECTORY("system", system_children),
    {.name = NULL},
};

static const struct proc_node transparent_hugepage_children[] = {
    PROC_FILE("enabled", 0444, huge_pages),
    PROC_FILE("hpage_pmd_size", 0444, huge_page_size),
    {.name = NULL},
};

static const struct proc_node mm_children[] = {
    PROC_DIRECTORY("transparent_hugepage", transparent_hugepage_children),
    {.name = NULL},
};

static const struct proc_node kernel_children[] = {
    PROC_DIRECTORY("mm", mm_children),
    {.name = NULL},
};

static const struct proc_node root_children[] = {
    PROC_DIRECTORY("devices", devices_children),
    PROC_DIRECTORY("kernel", kernel_children),
    {.name = NULL},
};

static void mount_sysfs(void) {
    static const struct proc_node root = PROC_DIRECTORY(NULL, root_children);
    proc_mount("sysfs", "sys", &root);
}
INITCALL(3, mount_sysfs);
