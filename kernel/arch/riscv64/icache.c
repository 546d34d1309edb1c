// riscv_flush_icache(2): after writing code, before running it. With one hart, what it runs next is
// all there is.
#include "arch.h"
#include "syscall.h"

#include <asm/errno.h>

#define FLUSH_LOCAL 1UL // SYS_RISCV_FLUSH_ICACHE_LOCAL: this thread only

SYSCALL(riscv_flush_icache)(unsigned long start, unsigned long end, unsigned long flags) {
    if ((flags & ~FLUSH_LOCAL) != 0) {
        return -EINVAL;
    }
    mmu_sync_icache(start, end - start);
    return 0;
}
