// Physical pages. RAM that the image occupies has pages too (never freed), so a file's bytes can be mapped
// in place and counted like any other page.
#pragma once

#include "types.h"

struct page {
    uint32_t references;        // 0: free
    uint32_t flags;
};

enum { PAGE_IMAGE = 1 };        // part of the boot image: never written, never freed

void page_init(uint64_t ram_start_pa, uint64_t free_start_pa, uint64_t ram_end_pa);
MUST_USE uint64_t page_alloc(void);                     // PA of one page with one reference, contents unknown; 0: none left
MUST_USE uint64_t page_alloc_zeroed(void);
MUST_USE uint64_t page_alloc_contiguous(size_t count);  // natural alignment of the next power of two
void page_free_contiguous(uint64_t pa, size_t count);
void page_hold(uint64_t pa);
void page_release(uint64_t pa);                         // frees at zero
uint32_t page_references(uint64_t pa);
size_t page_free_count(void);
size_t page_total_count(void);
