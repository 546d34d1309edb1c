// The areas of an address space: a list by address for walking, and the same order as a tree for
// searching. Each area also knows the free gap below it and the tree the widest gap per subtree, so
// that finding room stays cheap with thousands of areas.

#include "area.h"

#include <linux/errno.h>

#include "arch.h"
#include "file.h"
#include "heap.h"

static void update_widest_gap(struct tree_node *node) {
    struct vm_area *area = TREE_ENTRY(node, struct vm_area, tree);
    area->widest_gap = area->gap;
    for (int side = TREE_LEFT; side <= TREE_RIGHT; side++) {
        if (node->child[side] != NULL) {
            const struct vm_area *child = TREE_ENTRY(node->child[side], struct vm_area, tree);
            area->widest_gap = MAX(area->widest_gap, child->widest_gap);
        }
    }
}

struct vm_area *area_new(const struct vm_area *like) {
    struct vm_area *area = heap_alloc(sizeof(*area));
    if (area == NULL) {
        return NULL;
    }
    *area = *like;
    list_init(&area->node);
    if (area->file != NULL) {
        file_hold(area->file);
    }
    return area;
}

void area_free(struct vm_area *area) {
    if (area->file != NULL) {
        file_release(area->file);
    }
    heap_free(area);
}

bool area_is_data(int prot, uint32_t flags) {
    return (prot & PROT_BIT_WRITE) != 0 && (flags & (VM_SHARED | VM_STACK | VM_GROWSDOWN)) == 0;
}

static void account(struct address_space *space, const struct vm_area *area, bool add) {
    size_t pages = (area->end - area->start) >> PAGE_SHIFT;
    size_t change = add ? pages : -pages;
    space->mapped_pages += change;
    space->data_pages += area_is_data(area->prot, area->flags) ? change : 0;
    space->locked_pages += (area->flags & VM_LOCKED) != 0 ? change : 0;
}

struct vm_area *area_before(struct address_space *space, struct vm_area *area) {
    return area->node.prev == &space->areas ? NULL
                                            : LIST_ENTRY(area->node.prev, struct vm_area, node);
}

struct vm_area *area_after(struct address_space *space, struct vm_area *area) {
    return area->node.next == &space->areas ? NULL
                                            : LIST_ENTRY(area->node.next, struct vm_area, node);
}

uint64_t area_guarded_start(const struct vm_area *area) {
    if ((area->flags & VM_GROWSDOWN) == 0) {
        return area->start;
    }
    return area->start > STACK_GUARD_GAP ? area->start - STACK_GUARD_GAP : 0;
}

static uint64_t end_before(struct address_space *space, struct vm_area *area) {
    const struct vm_area *before = area_before(space, area);
    return before == NULL ? 0 : before->end;
}

static void refresh_gap(struct address_space *space, struct vm_area *area) {
    if (area == NULL) {
        return;
    }
    uint64_t below = end_before(space, area);
    uint64_t start = area_guarded_start(area);
    area->gap = start > below ? start - below : 0;
    tree_changed(&space->index, &area->tree);
}

void area_insert(struct address_space *space, struct vm_area *area) {
    struct tree_node *parent = NULL;
    int side = TREE_LEFT;
    struct list *before = &space->areas;
    for (struct tree_node *node = space->index.root; node != NULL; node = node->child[side]) {
        struct vm_area *other = TREE_ENTRY(node, struct vm_area, tree);
        parent = node;
        side = area->start < other->start ? TREE_LEFT : TREE_RIGHT;
        if (side == TREE_RIGHT) {
            before = &other->node;
        }
    }
    space->index.update = update_widest_gap;
    list_insert_after(before, &area->node);
    area->gap = 0;
    tree_insert(&space->index, parent, side, &area->tree);
    refresh_gap(space, area);
    refresh_gap(space, area_after(space, area));
    space->area_count++;
    account(space, area, true);
}

void area_remove(struct address_space *space, struct vm_area *area) {
    struct vm_area *after = area_after(space, area);
    account(space, area, false);
    space->area_count--;
    list_remove(&area->node);
    tree_remove(&space->index, &area->tree);
    refresh_gap(space, after);
    if (space->last_hit == area) {
        space->last_hit = NULL;
    }
}

void area_resize(struct address_space *space, struct vm_area *area, uint64_t start, uint64_t end) {
    account(space, area, false);
    if (area->file != NULL) {
        area->file_offset += start - area->start;
    }
    area->start = start;
    area->end = end;
    account(space, area, true);
    refresh_gap(space, area);
    refresh_gap(space, area_after(space, area));
}

void area_set(struct address_space *space, struct vm_area *area, int prot, uint32_t flags) {
    account(space, area, false);
    area->prot = prot;
    area->flags = flags;
    account(space, area, true);
    refresh_gap(space, area);
}

int area_split(struct address_space *space, struct vm_area *area, uint64_t at) {
    struct vm_area *upper = area_new(area);
    if (upper == NULL) {
        return -ENOMEM;
    }
    upper->start = at;
    if (upper->file != NULL) {
        upper->file_offset += at - area->start;
    }
    area_resize(space, area, area->start, at);
    area_insert(space, upper);
    return 0;
}

struct vm_area *area_isolate(struct address_space *space, struct vm_area *area, uint64_t start,
                             uint64_t end) {
    if (area->end > end && area_split(space, area, end) != 0) {
        return NULL;
    }
    if (area->start >= start) {
        return area;
    }
    return area_split(space, area, start) == 0 ? area_after(space, area) : NULL;
}

static bool can_merge(const struct vm_area *low, const struct vm_area *high) {
    if (low == NULL || high == NULL || low->end != high->start || low->prot != high->prot ||
        low->flags != high->flags || low->file != high->file || low->name != high->name ||
        (low->flags & VM_VDSO) != 0) {
        return false;
    }
    return low->file == NULL || low->file_offset + (low->end - low->start) == high->file_offset;
}

static struct vm_area *join(struct address_space *space, struct vm_area *low,
                            struct vm_area *high) {
    uint64_t end = high->end;
    area_remove(space, high);
    area_free(high);
    area_resize(space, low, low->start, end);
    return low;
}

struct vm_area *area_merge(struct address_space *space, struct vm_area *area) {
    struct vm_area *after = area_after(space, area);
    if (can_merge(area, after)) {
        join(space, area, after);
    }
    struct vm_area *before = area_before(space, area);
    return can_merge(before, area) ? join(space, before, area) : area;
}

struct vm_area *vm_find_next(struct address_space *space, uint64_t address) {
    struct vm_area *hit = space->last_hit;
    if (hit != NULL && address >= hit->start && address < hit->end) {
        return hit;
    }
    struct vm_area *found = NULL;
    struct tree_node *node = space->index.root;
    while (node != NULL) {
        struct vm_area *area = TREE_ENTRY(node, struct vm_area, tree);
        if (address < area->end) {
            found = area;
        }
        node = node->child[address < area->end ? TREE_LEFT : TREE_RIGHT];
    }
    if (found != NULL) {
        space->last_hit = found;
    }
    return found;
}

struct vm_area *vm_find(struct address_space *space, uint64_t address) {
    struct vm_area *area = vm_find_next(space, address);
    return area != NULL && address >= area->start ? area : NULL;
}
