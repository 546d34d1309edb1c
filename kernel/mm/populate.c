// Touching pages ahead of the program, and dropping them behind it.

#include <asm/signal.h>
#include <linux/errno.h>

#include "pagetable.h"

// As Linux populates: private writable pages as if written, so that no later write has to copy.
static int populate_access(const struct vm_area *area) {
    bool own = (area->prot & PROT_BIT_WRITE) != 0 && (area->flags & VM_SHARED) == 0;
    return own ? PROT_BIT_WRITE : PROT_BIT_READ;
}

int vm_populate(struct address_space *space, uint64_t start, uint64_t size_bytes) {
    uint64_t end = start + PAGE_UP(size_bytes);
    for (uint64_t va = PAGE_DOWN(start); va < end; va += PAGE_SIZE) {
        struct vm_area *area = vm_find(space, va);
        if (area == NULL) {
            return -ENOMEM;
        }
        if (area->prot == 0) {
            return -EFAULT;
        }
        int access = populate_access(area);
        const pte_t *slot = vm_pte(space, va, false);
        if (slot != NULL && pte_present(*slot) &&
            (access == PROT_BIT_READ || pte_writable(*slot))) {
            continue;
        }
        int si_code;
        int signo = vm_fault(space, va, access, &si_code);
        if (signo != 0) {
            return signo == SIGKILL ? -ENOMEM : -EFAULT;
        }
    }
    return 0;
}

void vm_discard(struct address_space *space, uint64_t start, uint64_t end) {
    pt_zap(space, start, end);
}
