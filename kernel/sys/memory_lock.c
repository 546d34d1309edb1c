// The mlock family: nothing is ever swapped out here, so a lock faults pages in, counts against
// RLIMIT_MEMLOCK, and is remembered for what depends on it (MADV_DONTNEED, MS_INVALIDATE, /proc).

#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "layout.h"
#include "memory.h"
#include "syscall.h"
#include "thread.h"
#include "vm.h"

static bool is_privileged(const struct process *process) {
    return process->credentials.euid == 0; // CAP_IPC_LOCK
}

int memory_may_lock(const struct process *process, uint64_t size_bytes, int beyond) {
    uint64_t limit = process->limits[RLIMIT_MEMLOCK].current;
    if (is_privileged(process)) {
        return 0;
    }
    if (limit == 0) {
        return -EPERM;
    }
    return (process->space->locked_pages << PAGE_SHIFT) + size_bytes > limit ? beyond : 0;
}

// mlock works on the pages that the range touches, so its start need not be aligned.
static long set_locked(unsigned long address, size_t length, bool lock, bool populate) {
    struct process *process = process_current();
    uint64_t start = PAGE_DOWN(address);
    uint64_t size = PAGE_UP(length + (address - start));
    if (size == 0) {
        return 0; // also when the sum has wrapped, as on Linux
    }
    if (start + size < start) {
        return -EINVAL;
    }
    if (start + size > USER_END) {
        return -ENOMEM;
    }
    int error = lock ? memory_may_lock(process, size, -ENOMEM) : 0;
    if (error == 0) {
        error =
            vm_set_flags(process->space, start, size, lock ? VM_LOCKED : 0, lock ? 0 : VM_LOCKED);
    }
    if (error != 0 || !populate) {
        return error;
    }
    return vm_populate(process->space, start, size) == 0 ? 0 : -ENOMEM;
}

SYSCALL(mlock)(unsigned long address, size_t length) {
    return set_locked(address, length, true, true);
}

SYSCALL(mlock2)(unsigned long address, size_t length, int flags) {
    if ((flags & ~MLOCK_ONFAULT) != 0) {
        return -EINVAL;
    }
    return set_locked(address, length, true, (flags & MLOCK_ONFAULT) == 0);
}

SYSCALL(munlock)(unsigned long address, size_t length) {
    return set_locked(address, length, false, false);
}

static void set_all(struct address_space *space, bool lock, bool populate) {
    for (struct vm_area *area = vm_find_next(space, 0); area != NULL;) {
        uint64_t start = area->start;
        uint64_t end = area->end;
        (void)vm_set_flags(space, start, end - start, lock ? VM_LOCKED : 0, lock ? 0 : VM_LOCKED);
        if (populate) {
            (void)vm_populate(space, start, end - start); // mlockall(2): errors are ignored
        }
        area = vm_find_next(space, end);
    }
}

SYSCALL(mlockall)(int flags) {
    struct process *process = process_current();
    struct address_space *space = process->space;
    if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 ||
        flags == MCL_ONFAULT) {
        return -EINVAL;
    }
    uint64_t unlocked = (space->mapped_pages - space->locked_pages) << PAGE_SHIFT;
    int error = memory_may_lock(process, (flags & MCL_CURRENT) != 0 ? unlocked : 0, -ENOMEM);
    if (error != 0) {
        return error;
    }
    space->default_flags &= ~(uint32_t)VM_LOCKED;
    if ((flags & MCL_FUTURE) != 0) {
        space->default_flags |= VM_LOCKED;
    }
    if ((flags & MCL_CURRENT) != 0) {
        set_all(space, true, (flags & MCL_ONFAULT) == 0);
    }
    return 0;
}

SYSCALL(munlockall)(void) {
    struct address_space *space = process_current()->space;
    space->default_flags &= ~(uint32_t)VM_LOCKED;
    set_all(space, false, false);
    return 0;
}
