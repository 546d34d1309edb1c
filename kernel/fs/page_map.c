// See page_map.h. An empty node is freed at once; the height only shrinks when nothing is left.
#include "page_map.h"

#include <asm/errno.h>

#include "heap.h"

enum { NODE_BITS = 6, NODE_SLOTS = 1 << NODE_BITS };

struct node {
    uint64_t slots[NODE_SLOTS];
};

// How many indexes one slot of a node at this height covers; heights beyond 64 bits are never
// reached.
static unsigned slot_shift(unsigned height) {
    return (height - 1) * NODE_BITS;
}

static bool covers(unsigned height, uint64_t index) {
    return height * NODE_BITS >= 64 || index >> (height * NODE_BITS) == 0;
}

static struct node *node_at(uint64_t word) {
    return (struct node *)(uintptr_t)word;
}

static size_t slot_index(unsigned height, uint64_t index) {
    return index >> slot_shift(height) & (NODE_SLOTS - 1);
}

uint64_t page_map_get(const struct page_map *map, uint64_t index) {
    if (!covers(map->height, index)) {
        return 0;
    }
    uint64_t word = map->root;
    for (unsigned height = map->height; height > 0 && word != 0; height--) {
        word = node_at(word)->slots[slot_index(height, index)];
    }
    return word;
}

static int grow_once(struct page_map *map) {
    if (map->root != 0) {
        struct node *node = heap_alloc_zeroed(sizeof(*node));
        if (node == NULL) {
            return -ENOMEM;
        }
        node->slots[0] = map->root;
        map->root = (uint64_t)(uintptr_t)node;
    }
    map->height++;
    return 0;
}

static int grow(struct page_map *map, uint64_t index) {
    int error = 0;
    while (error == 0 && !covers(map->height, index)) {
        error = grow_once(map);
    }
    return error;
}

int page_map_set(struct page_map *map, uint64_t index, uint64_t value) {
    int error = grow(map, index);
    if (error != 0) {
        return error;
    }
    uint64_t *slot = &map->root;
    for (unsigned height = map->height; height > 0; height--) {
        if (*slot == 0) {
            *slot = (uint64_t)(uintptr_t)heap_alloc_zeroed(sizeof(struct node));
        }
        if (*slot == 0) {
            return -ENOMEM;
        }
        slot = &node_at(*slot)->slots[slot_index(height, index)];
    }
    *slot = value;
    return 0;
}

struct clearing {
    uint64_t first, last;
    page_map_drop_fn drop;
    void *context;
};

// `base` is the first index below `slot`, whose subtree has this height. Eleven levels cover 64
// bits.
static void clear_below(const struct clearing *clearing, uint64_t *slot, unsigned height,
                        uint64_t base) {
    if (height == 0) {
        clearing->drop(*slot, clearing->context);
        *slot = 0;
        return;
    }
    struct node *node = node_at(*slot);
    bool used = false;
    for (size_t i = 0; i < NODE_SLOTS; i++) {
        uint64_t start = base + ((uint64_t)i << slot_shift(height));
        uint64_t end = start + (1UL << slot_shift(height)) - 1;
        if (node->slots[i] != 0 && start <= clearing->last && end >= clearing->first) {
            clear_below(clearing, &node->slots[i], height - 1, start);
        }
        used |= node->slots[i] != 0;
    }
    if (!used) {
        heap_free(node);
        *slot = 0;
    }
}

void page_map_clear(struct page_map *map, uint64_t first, uint64_t end, page_map_drop_fn drop,
                    void *context) {
    if (map->root == 0 || first >= end) {
        return;
    }
    const struct clearing clearing = {first, end - 1, drop, context};
    if (map->height > 0 || first == 0) {
        clear_below(&clearing, &map->root, map->height, 0);
    }
    if (map->root == 0) {
        map->height = 0;
    }
}

static uint64_t next_below(uint64_t word, unsigned height, uint64_t base, uint64_t index) {
    if (word == 0) {
        return UINT64_MAX;
    }
    if (height == 0) {
        return base >= index ? base : UINT64_MAX;
    }
    size_t first = index > base ? slot_index(height, index) : 0;
    for (size_t i = first; i < NODE_SLOTS; i++) {
        uint64_t start = base + ((uint64_t)i << slot_shift(height));
        uint64_t found = next_below(node_at(word)->slots[i], height - 1, start, index);
        if (found != UINT64_MAX) {
            return found;
        }
    }
    return UINT64_MAX;
}

uint64_t page_map_next(const struct page_map *map, uint64_t index) {
    return covers(map->height, index) ? next_below(map->root, map->height, 0, index) : UINT64_MAX;
}
