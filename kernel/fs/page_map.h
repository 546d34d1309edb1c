// A sparse array of words, indexed by page number: a radix tree of 64-way nodes that is as high as
// the largest index needs. A single word at index 0 takes no memory at all.
#pragma once

#include "types.h"

struct page_map {
    uint64_t root; // height 0: the word at index 0; else the address of a node
    unsigned height;
};

uint64_t page_map_get(const struct page_map *map, uint64_t index);               // 0: nothing
MUST_USE int page_map_set(struct page_map *map, uint64_t index, uint64_t value); // 0 or -ENOMEM
// Takes out what lies in first .. end - 1; `drop` gets each value.
typedef void (*page_map_drop_fn)(uint64_t value, void *context);
void page_map_clear(struct page_map *map, uint64_t first, uint64_t end, page_map_drop_fn drop,
                    void *context);
uint64_t page_map_next(const struct page_map *map,
                       uint64_t index); // the first used index from here; UINT64_MAX
