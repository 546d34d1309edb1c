// The copy of an address space for fork(2): the same pages on both sides, and whoever writes first
// copies.

#include "heap.h"
#include "page.h"
#include "pagetable.h"

static bool copy_pages(struct address_space *from, struct address_space *to,
                       const struct vm_area *area) {
    bool shared = (area->flags & VM_SHARED) != 0;
    uint64_t va = area->start;
    for (pte_t *slot; (slot = pt_next(from, &va, area->end)) != NULL; va += PAGE_SIZE) {
        pte_t *copy = vm_pte(to, va, true);
        if (copy == NULL) {
            return false;
        }
        uint64_t pa = pte_pa(*slot);
        if (!shared && pte_writable(*slot)) {
            *slot = pt_entry(pa, area->prot, false);
        }
        page_hold(pa);
        pt_set(to, copy, *slot);
    }
    return true;
}

static bool copy_area(struct address_space *from, struct address_space *to,
                      const struct vm_area *area) {
    if ((area->flags & VM_DONTFORK) != 0) {
        return true;
    }
    struct vm_area *copy = area_new(area);
    if (copy == NULL) {
        return false;
    }
    copy->flags &= ~(uint32_t)VM_LOCKED; // a child inherits no locks: mlock(2)
    area_insert(to, copy);
    area_merge(to, copy); // a lock may have been all that kept it from its neighbour
    return (area->flags & VM_WIPEONFORK) != 0 || copy_pages(from, to, area);
}

static void copy_layout(struct address_space *to, const struct address_space *from) {
    to->brk_start = from->brk_start;
    to->brk_end = from->brk_end;
    to->mmap_top = from->mmap_top;
    to->stack_top = from->stack_top;
    to->vdso_base = from->vdso_base;
    to->arg_start = from->arg_start;
    to->arg_end = from->arg_end;
    to->env_start = from->env_start;
    to->env_end = from->env_end;
    to->auxv_start = from->auxv_start;
    to->auxv_end = from->auxv_end;
    to->code_start = from->code_start;
    to->code_end = from->code_end;
    to->data_start = from->data_start;
    to->data_end = from->data_end;
}

struct address_space *vm_copy(struct address_space *space) {
    struct address_space *copy = vm_new();
    if (copy == NULL) {
        return NULL;
    }
    copy_layout(copy, space);
    bool complete = true;
    FOR_EACH_AREA(area, space) {
        complete = complete && copy_area(space, copy, area);
    }
    mmu_flush_all(); // the parent's pages are read-only now
    if (!complete) {
        vm_release(copy);
        return NULL;
    }
    return copy;
}
