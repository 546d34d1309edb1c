// A file gets a page of its own in place of the image's: who has the image's page mapped, and has
// not changed it, is to see the file's from now on.

#include "file.h"
#include "pagetable.h"

static void replace_in_area(struct address_space *space, const struct vm_area *area,
                            const struct inode *inode, uint64_t index, uint64_t old_pa) {
    if (area->file == NULL || area->file->inode != inode) {
        return;
    }
    uint64_t first = area->file_offset >> PAGE_SHIFT;
    if (index < first || index - first >= (area->end - area->start) >> PAGE_SHIFT) {
        return;
    }
    uint64_t va = area->start + ((index - first) << PAGE_SHIFT);
    const pte_t *slot = vm_pte(space, va, false);
    if (slot != NULL && pte_present(*slot) && pte_pa(*slot) == old_pa) {
        pt_zap(space, va, va + PAGE_SIZE);
    }
}

void vm_replace(const struct inode *inode, uint64_t index, uint64_t old_pa) {
    LIST_FOR_EACH (space, &vm_spaces, struct address_space, node) {
        FOR_EACH_AREA(area, space) {
            replace_in_area(space, area, inode, index, old_pa);
        }
    }
}
