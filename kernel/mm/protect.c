// mprotect(2)'s work: areas change from the start of the range up to the first hole, as on Linux.

#include <asm/fcntl.h>
#include <linux/errno.h>
#include <linux/resource.h>

#include "area.h"
#include "file.h"
#include "layout.h"
#include "pagetable.h"

static int may_become(const struct address_space *space, const struct vm_area *area, uint64_t size,
                      int prot) {
    bool writes = (prot & PROT_BIT_WRITE) != 0 && (area->prot & PROT_BIT_WRITE) == 0;
    if (!writes) {
        return 0;
    }
    if ((area->flags & VM_SHARED) != 0 && area->file != NULL &&
        (area->file->flags & O_ACCMODE) != O_RDWR) {
        return -EACCES;
    }
    uint64_t added = area_is_data(prot, area->flags) ? size : 0;
    uint64_t data = (space->data_pages << PAGE_SHIFT) + added;
    if (added != 0 && data > vm_limit(space, RLIMIT_DATA)) {
        return -ENOMEM;
    }
    return vm_may_commit(size, prot, area->flags);
}

static int protect_piece(struct address_space *space, struct vm_area **area, uint64_t start,
                         uint64_t end, int prot) {
    uint64_t size = MIN((*area)->end, end) - MAX((*area)->start, start);
    if ((*area)->prot == prot) {
        return 0;
    }
    int error = may_become(space, *area, size, prot);
    if (error != 0) {
        return error;
    }
    if (size != (*area)->end - (*area)->start && space->area_count >= VM_AREA_MAX) {
        return -ENOMEM;
    }
    struct vm_area *piece = area_isolate(space, *area, start, end);
    if (piece == NULL) {
        return -ENOMEM;
    }
    area_set(space, piece, prot, piece->flags);
    pt_protect(space, piece);
    *area = area_merge(space, piece);
    return 0;
}

int vm_protect(struct address_space *space, uint64_t start, uint64_t size_bytes, int prot) {
    uint64_t end = start + PAGE_UP(size_bytes);
    if ((start & ~PAGE_MASK) != 0) {
        return -EINVAL;
    }
    if (end < start || end > USER_END) {
        return -ENOMEM;
    }
    uint64_t at = start;
    while (at < end) {
        struct vm_area *area = vm_find(space, at);
        if (area == NULL) {
            return -ENOMEM;
        }
        int error = protect_piece(space, &area, at, end, prot);
        if (error != 0) {
            return error;
        }
        at = area->end;
    }
    return 0;
}
