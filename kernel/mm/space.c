// An address space as a whole: made, held, given back.

#include "area.h"
#include "heap.h"
#include "layout.h"
#include "page.h"
#include "pagetable.h"

struct list vm_spaces = LIST_INIT(vm_spaces);

// Without a word from exec: 128 MiB for a stack to grow in, as Linux leaves at least.
#define DEFAULT_STACK_ROOM (128UL << 20)

struct address_space *vm_new(void) {
    struct address_space *space = heap_alloc_zeroed(sizeof(*space));
    if (space == NULL) {
        return NULL;
    }
    space->root_pa = mmu_new_root();
    if (space->root_pa == 0) {
        heap_free(space);
        return NULL;
    }
    space->references = 1;
    list_init(&space->areas);
    list_push_back(&vm_spaces, &space->node);
    space->stack_top = USER_END;
    space->mmap_top = USER_END - DEFAULT_STACK_ROOM;
    return space;
}

void vm_hold(struct address_space *space) {
    space->references++;
}

void vm_release(struct address_space *space) {
    space->references--;
    if (space->references != 0) {
        return;
    }
    LIST_FOR_EACH_SAFE (area, &space->areas, struct vm_area, node) {
        pt_zap(space, area->start, area->end);
        list_remove(&area->node);
        area_free(area);
    }
    pt_free_tables(space, 0, USER_END, 0, USER_END);
    list_remove(&space->node);
    page_release(space->root_pa);
    heap_free(space);
}
