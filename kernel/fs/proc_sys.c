// /proc/sys: what the kernel is like, in the words of Documentation/admin-guide/sysctl. What can be
// set here has an effect; the rest cannot be written.
#include <linux/capability.h>
#include <linux/stat.h>
#include <linux/utsname.h>

#include "../mm/area.h"
#include "../sys/limits.h"
#include "pipe.h"
#include "proc.h"
#include "random.h"
#include "string.h"
#include "system.h"
#include "thread.h"

#define TEXT(function, content)                                                                    \
    static void function(struct proc_text *text, UNUSED const struct proc_subject *subject) {      \
        proc_add(text, "%s\n", content);                                                           \
    }
#define NUMBER(function, number)                                                                   \
    static void function(struct proc_text *text, UNUSED const struct proc_subject *subject) {      \
        proc_add(text, "%lu\n", (unsigned long)(number));                                          \
    }

// --- kernel/random ------------------------------------------------------------------------------

enum { UUID_BYTES = 16, RANDOM_BITS = 256 };

NUMBER(entropy, RANDOM_BITS)

// RFC 9562: version 4, random.
static void new_uuid(uint8_t uuid[UUID_BYTES]) {
    random_bytes(uuid, UUID_BYTES);
    uuid[6] = 0x40 | (uuid[6] & 0x0f);
    uuid[8] = 0x80 | (uuid[8] & 0x3f);
}

static void add_uuid(struct proc_text *text, const uint8_t uuid[UUID_BYTES]) {
    for (size_t i = 0; i < UUID_BYTES; i++) {
        bool dash = i >= 4 && i <= 10 && i % 2 == 0;
        proc_add(text, dash ? "-%02x" : "%02x", uuid[i]);
    }
    proc_add(text, "\n");
}

static void uuid(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    uint8_t now[UUID_BYTES];
    new_uuid(now);
    add_uuid(text, now);
}

static void boot_id(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    static uint8_t of_this_boot[UUID_BYTES];
    if (of_this_boot[6] == 0) { // a version is never 0
        new_uuid(of_this_boot);
    }
    add_uuid(text, of_this_boot);
}

static const struct proc_node random_children[] = {
    PROC_FILE("boot_id", 0444, boot_id),
    PROC_FILE("entropy_avail", 0444, entropy),
    PROC_FILE("poolsize", 0444, entropy),
    PROC_FILE("uuid", 0444, uuid),
    {.name = NULL},
};

// --- kernel -------------------------------------------------------------------------------------

enum { NO_ID = 65534, RANDOMIZE_ALL = 2 };

TEXT(ostype, system_names.sysname)
TEXT(osrelease, system_names.release)
TEXT(version, system_names.version)
TEXT(hostname, system_names.nodename)
TEXT(domainname, system_names.domainname)
TEXT(core_pattern, "core")
NUMBER(cap_last_cap, CAP_LAST_CAP)
NUMBER(ngroups_max, GROUPS_MAX)
NUMBER(overflow_id, NO_ID)
NUMBER(pid_max, TID_MAX)
NUMBER(randomize_va_space, RANDOMIZE_ALL)

static int set_line(char *name, const char *bytes, size_t length) {
    const char *end = strchr(bytes, '\n');
    return system_set_name(name, bytes, end == NULL ? length : (size_t)(end - bytes));
}

static int set_hostname(UNUSED const struct proc_subject *subject, const char *bytes,
                        size_t length) {
    return set_line(system_names.nodename, bytes, length);
}

static int set_domainname(UNUSED const struct proc_subject *subject, const char *bytes,
                          size_t length) {
    return set_line(system_names.domainname, bytes, length);
}

static const struct proc_node kernel_children[] = {
    PROC_FILE("cap_last_cap", 0444, cap_last_cap),
    PROC_FILE("core_pattern", 0444, core_pattern),
    PROC_SETTING("domainname", 0644, domainname, set_domainname),
    PROC_SETTING("hostname", 0644, hostname, set_hostname),
    PROC_FILE("ngroups_max", 0444, ngroups_max),
    PROC_FILE("osrelease", 0444, osrelease),
    PROC_FILE("ostype", 0444, ostype),
    PROC_FILE("overflowgid", 0444, overflow_id),
    PROC_FILE("overflowuid", 0444, overflow_id),
    PROC_FILE("pid_max", 0444, pid_max),
    PROC_DIRECTORY("random", random_children),
    PROC_FILE("randomize_va_space", 0444, randomize_va_space),
    PROC_FILE("threads-max", 0444, pid_max),
    PROC_FILE("version", 0444, version),
    {.name = NULL},
};

// --- vm and fs ----------------------------------------------------------------------------------

enum { HEURISTIC = 0 };

NUMBER(overcommit_memory, HEURISTIC)
NUMBER(max_map_count, VM_AREA_MAX)
NUMBER(mmap_min_addr, PAGE_SIZE)
NUMBER(swappiness, 0)
NUMBER(file_max, INT64_MAX)
NUMBER(nr_open, OPEN_FILES_MAX)
NUMBER(pipe_max_size, PIPE_UNPRIVILEGED_MAX)

static const struct proc_node vm_children[] = {
    PROC_FILE("max_map_count", 0444, max_map_count),
    PROC_FILE("mmap_min_addr", 0444, mmap_min_addr),
    PROC_FILE("overcommit_memory", 0444, overcommit_memory),
    PROC_FILE("swappiness", 0444, swappiness),
    {.name = NULL},
};

static const struct proc_node fs_children[] = {
    PROC_FILE("file-max", 0444, file_max),
    PROC_FILE("nr_open", 0444, nr_open),
    PROC_FILE("pipe-max-size", 0444, pipe_max_size),
    {.name = NULL},
};

static const struct proc_node sys_children[] = {
    PROC_DIRECTORY("fs", fs_children),
    PROC_DIRECTORY("kernel", kernel_children),
    PROC_DIRECTORY("vm", vm_children),
    {.name = NULL},
};
PROC_ROOT(sys) = PROC_DIRECTORY("sys", sys_children);
