// Physical pages. What lies below `free_start_pa` (the kernel, the image's files) is mapped and
// counted like any other page, so a file's bytes can be mapped in place, but it is never written
// through a private mapping and never freed: it has no counter, and its count of references reads
// as PAGE_IMAGE_REFERENCES.
#pragma once

#include "types.h"

struct page {
    uint32_t references; // 0: free
    uint32_t flags;      // the owner's: mm/page.c while free, mm/heap.c for its own
};

#define PAGE_IMAGE_REFERENCES UINT32_MAX

// The page table of physical memory lies at free_start_pa; nothing is initialised before it is
// first used.
void page_init(uint64_t ram_start_pa, uint64_t free_start_pa, uint64_t ram_end_pa);
MUST_USE uint64_t
page_alloc(void); // PA of one page with one reference, contents unknown; 0: none left
MUST_USE uint64_t page_alloc_zeroed(void);
MUST_USE uint64_t page_alloc_contiguous(size_t count); // natural alignment of the next power of two
void page_free_contiguous(uint64_t pa,
                          size_t count); // any part of such a block; whatever their references
void page_hold(uint64_t pa);
void page_release(uint64_t pa); // frees at zero
uint32_t page_references(uint64_t pa);
bool page_is_image(uint64_t pa);
struct page *page_of(uint64_t pa); // not for an image page
size_t page_free_count(void);
// No more than what is set aside for the app's own faults is left: the kernel takes nothing then,
// so that a call that asks for too much fails before the program has to die.
bool page_is_scarce(void);
size_t page_total_count(void);
size_t page_peak_count(void); // the most pages that were in use at one time
