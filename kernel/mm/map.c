// Mapping, unmapping and protecting. Everything that can fail is done before anything is taken
// away, so that -ENOMEM leaves the address space as it was.

#include <linux/errno.h>

#include "area.h"
#include "file.h"
#include "layout.h"
#include "page.h"
#include "pagetable.h"

static bool range_is_valid(uint64_t start, uint64_t size_bytes) {
    return size_bytes <= USER_END && start <= USER_END - size_bytes;
}

static uint64_t pages_in_range(struct address_space *space, uint64_t start, uint64_t end) {
    uint64_t bytes = 0;
    for (struct vm_area *area = vm_find_next(space, start); area != NULL && area->start < end;
         area = area_after(space, area)) {
        bytes += MIN(area->end, end) - MAX(area->start, start);
    }
    return bytes;
}

static bool range_is_free(struct address_space *space, uint64_t start, uint64_t size_bytes) {
    const struct vm_area *next = vm_find_next(space, start);
    return next == NULL || area_guarded_start(next) >= start + size_bytes;
}

static int64_t place_fixed(struct address_space *space, const struct vm_request *request,
                           uint64_t size) {
    if (!range_is_valid(request->address, size)) {
        return -ENOMEM;
    }
    if ((request->address & ~PAGE_MASK) != 0) {
        return -EINVAL;
    }
    if (request->address < PAGE_SIZE) {
        return -EPERM; // root may go below vm.mmap_min_addr, but not even root maps page zero here
    }
    const struct vm_area *next = vm_find_next(space, request->address);
    if (request->no_replace && next != NULL && next->start < request->address + size) {
        return -EEXIST;
    }
    return (int64_t)request->address;
}

static int64_t place(struct address_space *space, const struct vm_request *request, uint64_t size) {
    if (request->fixed || request->no_replace) {
        return place_fixed(space, request, size);
    }
    if (size > USER_END) {
        return -ENOMEM;
    }
    uint64_t hint = PAGE_UP(request->address);
    if (hint >= USER_START && range_is_valid(hint, size) && range_is_free(space, hint, size)) {
        return (int64_t)hint;
    }
    uint64_t found = area_find_gap(space, size, USER_START, space->mmap_top);
    if (found == 0) {
        found = area_find_gap(space, size, USER_START, USER_END);
    }
    return found != 0 ? (int64_t)found : -ENOMEM;
}

int64_t vm_map(struct address_space *space, const struct vm_request *request) {
    uint64_t size = PAGE_UP(request->size_bytes);
    if (request->size_bytes == 0) {
        return -EINVAL;
    }
    if (size == 0) {
        return -ENOMEM;
    }
    int64_t address = place(space, request, size);
    if (address < 0) {
        return address;
    }
    uint64_t start = (uint64_t)address;
    uint64_t replaced = pages_in_range(space, start, start + size);
    int error = vm_may_add(space, size - replaced, request->prot, request->flags);
    error = error != 0 ? error : vm_may_commit(size, request->prot, request->flags);
    if (error != 0) {
        return error;
    }
    struct vm_area *area =
        area_new(&(struct vm_area){.start = start,
                                   .end = start + size,
                                   .prot = request->prot,
                                   .flags = request->flags | space->default_flags,
                                   .file = request->file,
                                   .file_offset = request->file_offset,
                                   .name = request->name});
    if (area == NULL) {
        return -ENOMEM;
    }
    error = replaced != 0 ? vm_unmap(space, start, size) : 0;
    if (error != 0) {
        area_free(area);
        return error;
    }
    area_insert(space, area);
    area_merge(space, area);
    return address;
}

// Cuts areas at both ends of the range, so that what is inside is whole.
static int cut_at_ends(struct address_space *space, uint64_t start, uint64_t end) {
    struct vm_area *first = vm_find(space, start);
    struct vm_area *last = vm_find(space, end);
    if (first != NULL && first == last && first->start < start &&
        space->area_count >= VM_AREA_MAX) {
        return -ENOMEM;
    }
    if (last != NULL && last->start < end && area_split(space, last, end) != 0) {
        return -ENOMEM;
    }
    if (first == NULL || first->start == start) {
        return 0;
    }
    return area_split(space, first, start);
}

int vm_unmap(struct address_space *space, uint64_t start, uint64_t size_bytes) {
    uint64_t size = PAGE_UP(size_bytes);
    if ((start & ~PAGE_MASK) != 0 || size == 0 || !range_is_valid(start, size)) {
        return -EINVAL;
    }
    uint64_t end = start + size;
    int error = cut_at_ends(space, start, end);
    if (error != 0) {
        return error;
    }
    struct vm_area *area = vm_find_next(space, start);
    if (area == NULL || area->start >= end) {
        return 0;
    }
    struct vm_area *before = area_before(space, area);
    while (area != NULL && area->start < end) {
        struct vm_area *next = area_after(space, area);
        pt_zap(space, area->start, area->end);
        area_remove(space, area);
        area_free(area);
        area = next;
    }
    pt_free_tables(space, start, end, before == NULL ? 0 : before->end,
                   area == NULL ? USER_END : area->start);
    return 0;
}

int vm_map_pages(struct address_space *space, uint64_t address, const uint64_t *pas, size_t count,
                 int prot, uint32_t flags, const char *name) {
    const struct vm_request request = {.address = address,
                                       .size_bytes = count << PAGE_SHIFT,
                                       .prot = prot,
                                       .flags = flags | VM_VDSO,
                                       .no_replace = true,
                                       .name = name};
    int64_t mapped = vm_map(space, &request);
    if (mapped < 0) {
        return (int)mapped;
    }
    for (size_t i = 0; i < count; i++) {
        pte_t *slot = vm_pte(space, address + (i << PAGE_SHIFT), true);
        if (slot == NULL) {
            vm_unmap(space, address, count << PAGE_SHIFT);
            return -ENOMEM;
        }
        page_hold(pas[i]);
        pt_set(space, slot, pt_entry(pas[i], prot, (flags & VM_SHARED) != 0));
    }
    return 0;
}
