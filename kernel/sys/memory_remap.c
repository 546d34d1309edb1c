// mremap(2): the checks of flags and alignment; mm/remap.c does the rest.

#include <linux/errno.h>
#include <linux/mman.h>

#include "syscall.h"
#include "thread.h"
#include "vm.h"

SYSCALL(mremap)
(unsigned long address, unsigned long old_length, unsigned long new_length, unsigned long flags,
 unsigned long new_address) {
    const struct vm_remap remap = {.old_address = address,
                                   .old_size = PAGE_UP(old_length),
                                   .new_size = PAGE_UP(new_length),
                                   .new_address = new_address,
                                   .may_move = (flags & MREMAP_MAYMOVE) != 0,
                                   .fixed = (flags & MREMAP_FIXED) != 0,
                                   .keep = (flags & MREMAP_DONTUNMAP) != 0};
    if ((flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0) {
        return -EINVAL;
    }
    if ((remap.fixed || remap.keep) && !remap.may_move) {
        return -EINVAL;
    }
    if (remap.keep && remap.old_size != remap.new_size) {
        return -EINVAL;
    }
    if ((address & ~PAGE_MASK) != 0 || remap.new_size == 0) {
        return -EINVAL;
    }
    return vm_remap(process_current()->space, &remap);
}
