// What holds for an address space after every operation: its areas, their tree and its page tables
// tell one story.

#include "../../mm/area.h"
#include "../../mm/pagetable.h"
#include "host_test.h"
#include "layout.h"
#include "page.h"

static uint64_t check_subtree(const struct tree_node *node) {
    if (node == NULL) {
        return 0;
    }
    const struct vm_area *area = TREE_ENTRY(node, struct vm_area, tree);
    uint64_t left = check_subtree(node->child[TREE_LEFT]);
    uint64_t right = check_subtree(node->child[TREE_RIGHT]);
    int left_height = node->child[TREE_LEFT] == NULL ? 0 : node->child[TREE_LEFT]->height;
    int right_height = node->child[TREE_RIGHT] == NULL ? 0 : node->child[TREE_RIGHT]->height;
    EXPECT(left_height - right_height <= 1 && right_height - left_height <= 1);
    EXPECT_EQUAL(node->height, 1 + MAX(left_height, right_height));
    EXPECT_EQUAL(area->widest_gap, MAX(area->gap, MAX(left, right)));
    return area->widest_gap;
}

void host_check_space(struct address_space *space) {
    size_t count = 0;
    size_t mapped = 0;
    size_t locked = 0;
    uint64_t end = 0;
    FOR_EACH_AREA(area, space) {
        EXPECT(area->start >= end && area->end > area->start);
        uint64_t guarded_start = area_guarded_start(area);
        EXPECT_EQUAL(area->gap, guarded_start > end ? guarded_start - end : 0);
        EXPECT(vm_find_next(space, area->start) == area);
        count++;
        mapped += (area->end - area->start) >> PAGE_SHIFT;
        locked += (area->flags & VM_LOCKED) != 0 ? (area->end - area->start) >> PAGE_SHIFT : 0;
        end = area->end;
    }
    EXPECT_EQUAL(space->area_count, count);
    EXPECT_EQUAL(space->mapped_pages, mapped);
    EXPECT_EQUAL(space->locked_pages, locked);
    check_subtree(space->index.root);
    size_t resident = 0;
    uint64_t va = 0;
    for (pte_t *slot; (slot = pt_next(space, &va, USER_END)) != NULL; va += PAGE_SIZE) {
        EXPECT(vm_find(space, va) != NULL);
        EXPECT(page_references(pte_pa(*slot)) > 0);
        resident++;
    }
    EXPECT_EQUAL(space->resident_pages, resident);
}
