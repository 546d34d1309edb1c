// uname(2), sysinfo(2) and the names that can be set.
#include "system.h"
#include "arch.h"
#include "clock.h"
#include "credentials.h"
#include "page.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

struct new_utsname system_names = {
    .sysname = "Linux",
    .nodename = "hermipy",
    .release = "6.12.0-hermipy",
    .version = "#1",
    .machine = ARCH_NAME,
    .domainname = "(none)",
};

SYSCALL(uname)(void __user *buf) {
    return copy_to_user(buf, &system_names, sizeof(system_names));
}

static int may_set_name(size_t length) {
    if (!process_capable(process_current(), CAP_SYS_ADMIN)) {
        return -EPERM;
    }
    return length > __NEW_UTS_LEN ? -EINVAL : 0;
}

int system_set_name(char *name, const char *from, size_t length) {
    int error = may_set_name(length);
    if (error == 0) {
        memset(name, 0, __NEW_UTS_LEN + 1);
        memcpy(name, from, length);
    }
    return error;
}

static long set_name(char *name, const char __user *from, int length) {
    char copy[__NEW_UTS_LEN + 1] = {0};
    int error = may_set_name((size_t)length); // a negative length is a large one
    if (error == 0 && copy_from_user(copy, from, (size_t)length) != 0) {
        error = -EFAULT;
    }
    if (error == 0) {
        memcpy(name, copy, sizeof(copy));
    }
    return error;
}

SYSCALL(sethostname)(const char __user *name, int len) {
    return set_name(system_names.nodename, name, len);
}

SYSCALL(setdomainname)(const char __user *name, int len) {
    return set_name(system_names.domainname, name, len);
}

SYSCALL(sysinfo)(void __user *info) {
    struct sysinfo system = {
        .uptime = (__kernel_long_t)(clock_monotonic_ns() / NSEC_PER_SEC),
        .totalram = page_total_count() * PAGE_SIZE,
        .freeram = page_free_count() * PAGE_SIZE,
        .procs = (uint16_t)process_current()->thread_count,
        .mem_unit = 1,
    };
    return copy_to_user(info, &system, sizeof(system));
}
