// The heap that brk(2) moves the end of: one anonymous area from brk_start, which exec sets. Odd:
// brk never fails by a number; it answers with where the end is.

#include <linux/resource.h>

#include "layout.h"
#include "pagetable.h"

static bool has_room(struct address_space *space, uint64_t from, uint64_t to) {
    // One page beyond, so that the heap never touches what follows.
    const struct vm_area *next = vm_find_next(space, from);
    return to < USER_END - PAGE_SIZE &&
           (next == NULL || area_guarded_start(next) >= to + PAGE_SIZE);
}

uint64_t vm_brk(struct address_space *space, uint64_t end) {
    uint64_t old_top = PAGE_UP(space->brk_end);
    uint64_t new_top = PAGE_UP(end);
    if (end < space->brk_start || new_top < end) {
        return space->brk_end;
    }
    uint64_t data = (end - space->brk_start) + (space->data_end - space->data_start);
    if (data > vm_limit(space, RLIMIT_DATA)) {
        return space->brk_end;
    }
    if (new_top < old_top && vm_unmap(space, new_top, old_top - new_top) != 0) {
        return space->brk_end;
    }
    if (new_top > old_top) {
        const struct vm_request request = {.address = old_top,
                                           .size_bytes = new_top - old_top,
                                           .prot = PROT_BIT_READ | PROT_BIT_WRITE,
                                           .flags = VM_HEAP,
                                           .no_replace = true,
                                           .name = "[heap]"};
        if (!has_room(space, old_top, new_top) || vm_map(space, &request) < 0) {
            return space->brk_end;
        }
        if ((space->default_flags & VM_LOCKED) != 0) {
            (void)vm_populate(space, old_top, new_top - old_top);
        }
    }
    space->brk_end = end;
    return end;
}
