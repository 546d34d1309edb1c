// The three levels of page tables, walked by the same code on both machines: 512 entries each, 9
// bits of address per level, and only the meaning of an entry (pte_*) is the architecture's.

#include "pagetable.h"

#include <linux/errno.h>

#include "layout.h"
#include "page.h"

enum { LEVEL_BITS = 9, TABLE_ENTRIES = 1 << LEVEL_BITS, LEVELS = 3, FLUSH_ALL_PAGES = 16 };

static uint64_t level_size(int level) {
    return 1UL << (PAGE_SHIFT + LEVEL_BITS * level);
}

static size_t level_index(uint64_t va, int level) {
    return (va >> (PAGE_SHIFT + LEVEL_BITS * level)) & (TABLE_ENTRIES - 1);
}

static pte_t *table_of(pte_t entry) {
    return pa_to_va(pte_pa(entry));
}

void tlb_note(struct tlb_batch *batch, uint64_t va) {
    batch->first = MIN(batch->first, va);
    batch->last = MAX(batch->last, va);
}

void tlb_flush(const struct tlb_batch *batch) {
    if (batch->first > batch->last) {
        return;
    }
    if ((batch->last - batch->first) >> PAGE_SHIFT >= FLUSH_ALL_PAGES) {
        mmu_flush_all();
        return;
    }
    for (uint64_t va = batch->first; va <= batch->last; va += PAGE_SIZE) {
        mmu_flush_page(va);
    }
}

uint64_t *vm_pte(struct address_space *space, uint64_t address, bool create) {
    pte_t *table = mmu_root_table(space->root_pa);
    for (int level = LEVELS - 1; level > 0; level--) {
        pte_t *entry = &table[level_index(address, level)];
        if (!pte_present(*entry)) {
            uint64_t pa = create ? page_alloc_zeroed() : 0;
            if (pa == 0) {
                return NULL;
            }
            *entry = pte_make_table(pa);
        }
        table = table_of(*entry);
    }
    return &table[level_index(address, 0)];
}

pte_t *pt_next(struct address_space *space, uint64_t *va, uint64_t end) {
    pte_t *root = mmu_root_table(space->root_pa);
    while (*va < end) {
        pte_t *table = root;
        int level = LEVELS - 1;
        pte_t *entry = &table[level_index(*va, level)];
        while (level > 0 && pte_present(*entry)) {
            table = table_of(*entry);
            level--;
            entry = &table[level_index(*va, level)];
        }
        if (pte_present(*entry)) {
            return entry;
        }
        *va = (*va & ~(level_size(level) - 1)) + level_size(level);
    }
    return NULL;
}

pte_t pt_entry(uint64_t pa, int prot, bool writable) {
    // What may be written or executed may be read: no machine here has all the other combinations.
    if (prot != 0) {
        prot |= PROT_BIT_READ;
    }
    return pte_make(pa, writable ? prot : prot & ~PROT_BIT_WRITE);
}

bool pt_page_is_own(const struct vm_area *area, uint64_t pa) {
    return (area->flags & VM_SHARED) != 0 || page_references(pa) == 1;
}

void pt_set(struct address_space *space, pte_t *slot, pte_t entry) {
    *slot = entry;
    space->resident_pages++;
    space->peak_resident_pages = MAX(space->peak_resident_pages, space->resident_pages);
}

void pt_zap(struct address_space *space, uint64_t start, uint64_t end) {
    struct tlb_batch batch = TLB_BATCH_NONE;
    uint64_t va = start;
    for (pte_t *slot; (slot = pt_next(space, &va, end)) != NULL; va += PAGE_SIZE) {
        page_release(pte_pa(*slot));
        *slot = 0;
        space->resident_pages--;
        tlb_note(&batch, va);
    }
    tlb_flush(&batch);
}

void pt_protect(struct address_space *space, const struct vm_area *area) {
    struct tlb_batch batch = TLB_BATCH_NONE;
    uint64_t va = area->start;
    for (pte_t *slot; (slot = pt_next(space, &va, area->end)) != NULL; va += PAGE_SIZE) {
        uint64_t pa = pte_pa(*slot);
        *slot = pt_entry(pa, area->prot, pt_page_is_own(area, pa));
        tlb_note(&batch, va);
        if ((area->prot & PROT_BIT_EXEC) != 0 && !page_is_image(pa)) {
            mmu_sync_icache((uint64_t)pa_to_va(pa), PAGE_SIZE);
        }
    }
    tlb_flush(&batch);
}

int pt_move(struct address_space *space, uint64_t from, uint64_t to, uint64_t size_bytes) {
    uint64_t va = from;
    for (; pt_next(space, &va, from + size_bytes) != NULL; va += PAGE_SIZE) {
        if (vm_pte(space, to + (va - from), true) == NULL) {
            return -ENOMEM;
        }
    }
    struct tlb_batch batch = TLB_BATCH_NONE;
    va = from;
    for (pte_t *slot; (slot = pt_next(space, &va, from + size_bytes)) != NULL; va += PAGE_SIZE) {
        *vm_pte(space, to + (va - from), false) = *slot;
        *slot = 0;
        tlb_note(&batch, va);
    }
    tlb_flush(&batch);
    return 0;
}

// Frees every table of `level - 1` below this one that lies within floor..ceiling.
static bool free_children(pte_t *table, int level, uint64_t start, uint64_t end, uint64_t floor,
                          uint64_t ceiling) {
    bool any = false;
    uint64_t size = level_size(level);
    for (uint64_t va = start & ~(size - 1); va < end; va += size) {
        pte_t *entry = &table[level_index(va, level)];
        if (!pte_present(*entry) || va < floor || va + size > ceiling) {
            continue;
        }
        page_release(pte_pa(*entry));
        *entry = 0;
        any = true;
    }
    return any;
}

void pt_free_tables(struct address_space *space, uint64_t start, uint64_t end, uint64_t floor,
                    uint64_t ceiling) {
    pte_t *root = mmu_root_table(space->root_pa);
    uint64_t size = level_size(LEVELS - 1);
    bool any = false;
    for (uint64_t va = start & ~(size - 1); va < end; va += size) {
        pte_t entry = root[level_index(va, LEVELS - 1)];
        if (pte_present(entry)) {
            any |= free_children(table_of(entry), 1, MAX(va, start), MIN(va + size, end), floor,
                                 ceiling);
        }
    }
    any |= free_children(root, LEVELS - 1, start, end, floor, ceiling);
    if (any) {
        mmu_flush_all();
    }
}
