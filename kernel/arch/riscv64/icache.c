// riscv_flush_icache(2), for programs that write code.
#include "arch.h"
#include "layout.h"
#include "syscall.h"

#include <linux/errno.h>

enum { FLUSH_LOCAL = 1 }; // SYS_RISCV_FLUSH_ICACHE_LOCAL: on one CPU the same thing

// fence.i has no range, and nothing of the app's memory is read: the addresses may be anything.
SYSCALL(riscv_flush_icache)
(UNUSED unsigned long start, UNUSED unsigned long end, unsigned long flags) {
    if ((flags & ~(unsigned long)FLUSH_LOCAL) != 0) {
        return -EINVAL;
    }
    mmu_sync_icache(USER_START, 0);
    return 0;
}
