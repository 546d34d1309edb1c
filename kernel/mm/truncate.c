// A file that shrinks takes the mapped pages behind its new end with it, private copies too, as on
// Linux.

#include "file.h"
#include "pagetable.h"

static void truncate_area(struct address_space *space, const struct vm_area *area,
                          uint64_t page_count) {
    uint64_t first = area->file_offset >> PAGE_SHIFT;
    uint64_t kept = page_count > first ? (page_count - first) << PAGE_SHIFT : 0;
    if (kept < area->end - area->start) {
        pt_zap(space, area->start + kept, area->end);
    }
}

void vm_truncate(const struct inode *inode, uint64_t page_count) {
    LIST_FOR_EACH (space, &vm_spaces, struct address_space, node) {
        FOR_EACH_AREA(area, space) {
            if (area->file != NULL && area->file->inode == inode) {
                truncate_area(space, area, page_count);
            }
        }
    }
}
