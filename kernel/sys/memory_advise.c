// madvise, mincore, msync: walks over a range of areas that tell -ENOMEM about holes, after doing
// what they can.

#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/mman.h>

#include "arch.h"
#include "file.h"
#include "layout.h"
#include "memory.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"
#include "vm.h"

enum advice_kind {
    ADVICE_UNKNOWN,
    ADVICE_HINT, // nothing here would be done differently
    ADVICE_DISCARD,
    ADVICE_FREE,
    ADVICE_FLAG,
    ADVICE_POPULATE,
    ADVICE_REMOVE,
};

struct advice {
    uint8_t kind;
    uint16_t set, clear; // VM_* flags
    uint8_t access;      // PROT_BIT_*
};

static const struct advice advices[] = {
    [MADV_NORMAL] = {.kind = ADVICE_HINT},
    [MADV_RANDOM] = {.kind = ADVICE_HINT},
    [MADV_SEQUENTIAL] = {.kind = ADVICE_HINT},
    [MADV_WILLNEED] = {.kind = ADVICE_HINT},
    [MADV_DONTNEED] = {.kind = ADVICE_DISCARD},
    [MADV_FREE] = {.kind = ADVICE_FREE},
    [MADV_REMOVE] = {.kind = ADVICE_REMOVE},
    [MADV_DONTFORK] = {.kind = ADVICE_FLAG, .set = VM_DONTFORK},
    [MADV_DOFORK] = {.kind = ADVICE_FLAG, .clear = VM_DONTFORK},
    [MADV_WIPEONFORK] = {.kind = ADVICE_FLAG, .set = VM_WIPEONFORK},
    [MADV_KEEPONFORK] = {.kind = ADVICE_FLAG, .clear = VM_WIPEONFORK},
    [MADV_MERGEABLE] = {.kind = ADVICE_HINT},
    [MADV_UNMERGEABLE] = {.kind = ADVICE_HINT},
    [MADV_HUGEPAGE] = {.kind = ADVICE_HINT},
    [MADV_NOHUGEPAGE] = {.kind = ADVICE_HINT},
    [MADV_DONTDUMP] = {.kind = ADVICE_HINT},
    [MADV_DODUMP] = {.kind = ADVICE_HINT},
    [MADV_COLD] = {.kind = ADVICE_HINT},
    [MADV_PAGEOUT] = {.kind = ADVICE_HINT},
    [MADV_POPULATE_READ] = {.kind = ADVICE_POPULATE, .access = PROT_BIT_READ},
    [MADV_POPULATE_WRITE] = {.kind = ADVICE_POPULATE, .access = PROT_BIT_WRITE},
};

#define MADV_DONTNEED_LOCKED_NUMBER 24 // newer than Debian 12's <asm/mman.h>

static struct advice advice_of(int behavior) {
    if (behavior == MADV_DONTNEED_LOCKED_NUMBER) {
        return (struct advice){.kind = ADVICE_DISCARD, .set = VM_LOCKED};
    }
    if (behavior < 0 || (size_t)behavior >= ARRAY_SIZE(advices)) {
        return (struct advice){.kind = ADVICE_UNKNOWN};
    }
    return advices[behavior];
}

static int advise_discard(struct address_space *space, const struct vm_area *area, uint64_t start,
                          uint64_t end, struct advice advice) {
    if ((area->flags & VM_VDSO) != 0 || (area->flags & VM_LOCKED & ~advice.set) != 0) {
        return -EINVAL;
    }
    // MADV_FREE lets the kernel drop pages whenever it likes: here, now.
    if (advice.kind == ADVICE_FREE && area->file != NULL) {
        return -EINVAL;
    }
    vm_discard(space, start, end);
    return 0;
}

static int advise_flag(struct address_space *space, const struct vm_area *area, uint64_t start,
                       uint64_t end, struct advice advice) {
    if (advice.set == VM_WIPEONFORK && area->file != NULL) {
        return -EINVAL; // madvise(2): private anonymous mappings only
    }
    return vm_set_flags(space, start, end - start, advice.set, advice.clear);
}

static int advise_remove(const struct vm_area *area) {
    if ((area->flags & VM_LOCKED) != 0 || area->file == NULL) {
        return -EINVAL;
    }
    return (area->flags & VM_SHARED) == 0 || (area->prot & PROT_WRITE) == 0 ? -EACCES : -EOPNOTSUPP;
}

// One piece of the range, within one area.
static int advise(struct address_space *space, const struct vm_area *area, uint64_t start,
                  uint64_t end, struct advice advice) {
    switch (advice.kind) {
    case ADVICE_DISCARD:
    case ADVICE_FREE:
        return advise_discard(space, area, start, end, advice);
    case ADVICE_FLAG:
        return advise_flag(space, area, start, end, advice);
    case ADVICE_REMOVE:
        return advise_remove(area);
    default:
        return 0;
    }
}

static int populate(struct address_space *space, uint64_t start, uint64_t end, int access) {
    for (uint64_t va = start; va < end; va += PAGE_SIZE) {
        const struct vm_area *area = vm_find(space, va);
        if (area == NULL) {
            return -ENOMEM;
        }
        if ((area->prot & access) == 0) {
            return -EINVAL;
        }
        int si_code;
        int signo = vm_fault(space, va, access, &si_code);
        if (signo != 0) {
            return signo == SIGKILL ? -ENOMEM : -EFAULT;
        }
    }
    return 0;
}

long memory_advise(struct address_space *space, uint64_t address, size_t length, int behavior) {
    struct advice advice = advice_of(behavior);
    uint64_t end = address + PAGE_UP(length);
    if (advice.kind == ADVICE_UNKNOWN || (address & ~PAGE_MASK) != 0 || end < address ||
        (length != 0 && PAGE_UP(length) == 0)) {
        return -EINVAL;
    }
    if (advice.kind == ADVICE_POPULATE) {
        return populate(space, address, end, advice.access);
    }
    int hole = 0;
    uint64_t at = address;
    while (at < end) {
        const struct vm_area *area = vm_find_next(space, at);
        if (area == NULL || area->start >= end) {
            return -ENOMEM;
        }
        if (area->start > at) {
            hole = -ENOMEM;
            at = area->start;
        }
        uint64_t piece_end = MIN(area->end, end);
        int error = advise(space, area, at, piece_end, advice);
        if (error != 0) {
            return error;
        }
        at = piece_end;
    }
    return hole;
}

SYSCALL(madvise)(unsigned long address, size_t length, int behavior) {
    return memory_advise(process_current()->space, address, length, behavior);
}

// What a file holds is in memory here, whether or not it is mapped yet.
static bool is_resident(struct address_space *space, const struct vm_area *area, uint64_t va) {
    const pte_t *slot = vm_pte(space, va, false);
    return (slot != NULL && pte_present(*slot)) || area->file != NULL;
}

SYSCALL(mincore)(unsigned long address, size_t length, unsigned char __user *vector) {
    struct address_space *space = process_current()->space;
    uint64_t size = PAGE_UP(length);
    if ((address & ~PAGE_MASK) != 0) {
        return -EINVAL;
    }
    if (length > USER_END || address > USER_END - size) {
        return -ENOMEM;
    }
    if (!user_range_ok(vector, size >> PAGE_SHIFT)) {
        return -EFAULT;
    }
    unsigned char block[64];
    uint64_t end = address + size;
    for (uint64_t va = address; va < end; vector += sizeof(block)) {
        size_t count = MIN(sizeof(block), (end - va) >> PAGE_SHIFT);
        for (size_t i = 0; i < count; i++, va += PAGE_SIZE) {
            const struct vm_area *area = vm_find(space, va);
            if (area == NULL) {
                return -ENOMEM;
            }
            block[i] = is_resident(space, area, va);
        }
        if (copy_to_user(vector, block, count) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static int sync_area(const struct vm_area *area, int flags) {
    if ((flags & MS_INVALIDATE) != 0 && (area->flags & VM_LOCKED) != 0) {
        return -EBUSY;
    }
    bool shared_file = area->file != NULL && (area->flags & VM_SHARED) != 0;
    if ((flags & MS_SYNC) == 0 || !shared_file || area->file->ops->sync == NULL) {
        return 0;
    }
    return area->file->ops->sync(area->file);
}

SYSCALL(msync)(unsigned long address, size_t length, int flags) {
    struct address_space *space = process_current()->space;
    uint64_t end = address + PAGE_UP(length);
    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || (address & ~PAGE_MASK) != 0 ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) {
        return -EINVAL;
    }
    if (end < address) {
        return -ENOMEM;
    }
    int hole = 0;
    while (address < end) {
        const struct vm_area *area = vm_find_next(space, address);
        if (area == NULL || area->start >= end) {
            return -ENOMEM;
        }
        hole = area->start > address ? -ENOMEM : hole;
        address = area->end;
        int error = sync_area(area, flags);
        if (error != 0) {
            return error;
        }
    }
    return hole;
}
