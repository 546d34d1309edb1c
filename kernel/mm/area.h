// What mm/'s files share: areas as pieces that can be cut and joined. Everyone else uses vm.h.
#pragma once

#include "vm.h"

enum { VM_AREA_MAX = 65530 }; // Linux's vm.max_map_count

// Linux's stack_guard_gap: what a mapping keeps away from a stack that grows.
#define STACK_GUARD_GAP (256 * PAGE_SIZE)

MUST_USE struct vm_area *area_new(const struct vm_area *like); // holds the file; not in any space
void area_free(struct vm_area *area);
void area_insert(struct address_space *space, struct vm_area *area);
void area_remove(struct address_space *space, struct vm_area *area);
struct vm_area *area_before(struct address_space *space, struct vm_area *area);
struct vm_area *area_after(struct address_space *space, struct vm_area *area);
// Moves the ends; the file offset follows the start.
void area_resize(struct address_space *space, struct vm_area *area, uint64_t start, uint64_t end);
// Cuts at `at`: the area keeps what is below. 0 or -ENOMEM.
MUST_USE int area_split(struct address_space *space, struct vm_area *area, uint64_t at);
// Cuts so that the area lies within start..end. The piece, or NULL without memory.
MUST_USE struct vm_area *area_isolate(struct address_space *space, struct vm_area *area,
                                      uint64_t start, uint64_t end);
// Joins with the neighbours where nothing differs. The area that now covers it.
struct vm_area *area_merge(struct address_space *space, struct vm_area *area);
void area_set(struct address_space *space, struct vm_area *area, int prot, uint32_t flags);
// Where the area begins for a neighbour below: before its guard gap, if it grows.
uint64_t area_guarded_start(const struct vm_area *area);
// The highest place in low..high for `size_bytes`, or 0.
uint64_t area_find_gap(struct address_space *space, uint64_t size_bytes, uint64_t low,
                       uint64_t high);

// What RLIMIT_DATA counts.
bool area_is_data(int prot, uint32_t flags);
// The current process's limit when the space is its own, else none.
uint64_t vm_limit(const struct address_space *space, int resource);
// May these bytes be added? 0 or -ENOMEM: RLIMIT_AS, RLIMIT_DATA, the number of areas, hopeless
// overcommitment.
int vm_may_add(const struct address_space *space, uint64_t size_bytes, int prot, uint32_t flags);
int vm_may_commit(uint64_t size_bytes, int prot, uint32_t flags);

#define FOR_EACH_AREA(item, space) LIST_FOR_EACH (item, &(space)->areas, struct vm_area, node)
extern struct list vm_spaces;
