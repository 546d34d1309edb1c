// Where a new mapping goes: the highest gap that is wide enough, like Linux's top-down layout. The
// recursion is as deep as the tree is high (at most 23 for 65530 areas), and it enters a subtree
// only if that holds such a gap.

#include "area.h"

struct gap_search {
    struct address_space *space;
    uint64_t size, low, high;
};

static uint64_t fit(const struct gap_search *search, uint64_t start, uint64_t end) {
    start = MAX(start, search->low);
    end = MIN(end, search->high);
    return end > start && end - start >= search->size ? end - search->size : 0;
}

static uint64_t search_below(const struct gap_search *search,
                             struct tree_node *node) { // NOLINT(misc-no-recursion)
    if (node == NULL) {
        return 0;
    }
    struct vm_area *area = TREE_ENTRY(node, struct vm_area, tree);
    if (area->widest_gap < search->size) {
        return 0;
    }
    if (area->end < search->high) {
        uint64_t found = search_below(search, node->child[TREE_RIGHT]);
        if (found != 0) {
            return found;
        }
    }
    uint64_t gap_end = area_guarded_start(area);
    uint64_t gap_start = gap_end > area->gap ? gap_end - area->gap : 0;
    uint64_t found = area->gap == 0 ? 0 : fit(search, gap_start, gap_end);
    if (found != 0 || area->start <= search->low) {
        return found;
    }
    return search_below(search, node->child[TREE_LEFT]);
}

uint64_t area_find_gap(struct address_space *space, uint64_t size_bytes, uint64_t low,
                       uint64_t high) {
    const struct gap_search search = {space, size_bytes, low, high};
    uint64_t last_end = 0;
    if (!list_empty(&space->areas)) {
        last_end = LIST_ENTRY(space->areas.prev, struct vm_area, node)->end;
    }
    uint64_t found = fit(&search, last_end, high);
    return found != 0 ? found : search_below(&search, space->index.root);
}
