// Ranges of page-table entries. Ranges are page aligned; a range that is mostly empty costs by what
// is in it.
#pragma once

#include "arch.h"
#include "area.h"

// The TLB entries that an operation has made stale. Pages are given back before the flush, which is
// sound because nothing but this operation runs until it has flushed (one CPU, no preemption of the
// kernel).
struct tlb_batch {
    uint64_t first, last; // first > last: nothing
};
#define TLB_BATCH_NONE                                                                             \
    { UINT64_MAX, 0 }
void tlb_note(struct tlb_batch *batch, uint64_t va);
void tlb_flush(const struct tlb_batch *batch);

// The first present leaf entry at or above *va; *va becomes its address. NULL: none below `end`.
pte_t *pt_next(struct address_space *space, uint64_t *va, uint64_t end);
// The leaf entry for a page of this area: what the hardware may do, given whether it may be written
// now.
pte_t pt_entry(uint64_t pa, int prot, bool writable);
// May this mapped page be written in place? (It is shared on purpose, or nobody else holds it.)
bool pt_page_is_own(const struct vm_area *area, uint64_t pa);
void pt_set(struct address_space *space, pte_t *slot, pte_t entry); // an empty slot becomes present
void pt_zap(struct address_space *space, uint64_t start, uint64_t end);
// The area's protection has changed: so do its entries.
void pt_protect(struct address_space *space, const struct vm_area *area);
// Moves what is present in from.. to `to`.., which is empty. 0, or -ENOMEM with nothing moved.
MUST_USE int pt_move(struct address_space *space, uint64_t from, uint64_t to, uint64_t size_bytes);
// Frees the tables that serve only start..end and the free room around it (floor..ceiling).
void pt_free_tables(struct address_space *space, uint64_t start, uint64_t end, uint64_t floor,
                    uint64_t ceiling);
