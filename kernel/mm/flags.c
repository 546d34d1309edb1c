// Changing what an area is, not what may be done with it: locks, and how fork treats it.

#include <linux/errno.h>

#include "area.h"

int vm_set_flags(struct address_space *space, uint64_t start, uint64_t size_bytes, uint32_t set,
                 uint32_t clear) {
    uint64_t end = start + PAGE_UP(size_bytes);
    uint64_t at = start;
    while (at < end) {
        struct vm_area *area = vm_find(space, at);
        if (area == NULL) {
            return -ENOMEM;
        }
        uint32_t flags = (area->flags | set) & ~clear;
        if (flags != area->flags) {
            area = area_isolate(space, area, at, end);
            if (area == NULL) {
                return -ENOMEM;
            }
            area_set(space, area, area->prot, flags);
            area = area_merge(space, area);
        }
        at = area->end;
    }
    return 0;
}
