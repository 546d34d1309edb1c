// Kernel memory. Small blocks come from slabs: one page per slab, all its blocks of one size, its
// header at the page's start. Larger blocks are whole pages. Neither has a header per block: struct
// page.flags of a block's first page says which it is, so a 4 KiB request costs one page and not
// two.

#include "heap.h"

#include "arch.h"
#include "list.h"
#include "page.h"
#include "report.h"
#include "string.h"

enum {
    FLAG_SLAB = 1,
    FLAG_LARGE = 2, // the count of pages is in the bits above FLAG_BITS
    FLAG_BITS = 2,
    LARGE_PAGE_LIMIT = 1 << (32 - FLAG_BITS - 1),
};

struct slab {
    struct list node; // in class_slabs while it has room
    void *free;       // blocks that were freed, linked through their first word
    uint16_t class, used;
    uint16_t fresh; // offset of the first block that was never handed out
};

// Sizes that waste little of (4096 - sizeof(struct slab)) and are multiples of 16.
static const uint16_t class_size[] = {16,  32,  48,  64,  80,  96,   128,  160, 192,
                                      256, 336, 448, 576, 672, 1008, 1344, 2016};
enum { CLASS_COUNT = ARRAY_SIZE(class_size), SLAB_START = 48, SMALL_MAX = 2016 };
_Static_assert(sizeof(struct slab) <= SLAB_START, "blocks start behind the header");

static struct list class_slabs[CLASS_COUNT];
static struct slab
    *class_spare[CLASS_COUNT]; // one empty slab is kept: no ping-pong at the boundary
static size_t used_bytes;

static unsigned class_of(size_t size_bytes) {
    unsigned low = 0;
    unsigned high = CLASS_COUNT - 1;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (class_size[middle] < size_bytes) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct slab *slab_new(unsigned class) {
    uint64_t pa = page_is_scarce() ? 0 : page_alloc();
    if (pa == 0) {
        return NULL;
    }
    page_of(pa)->flags = FLAG_SLAB;
    struct slab *slab = pa_to_va(pa);
    *slab = (struct slab){.class = (uint16_t) class, .fresh = SLAB_START};
    list_init(&slab->node);
    return slab;
}

static bool slab_is_full(const struct slab *slab) {
    return slab->free == NULL && slab->fresh + class_size[slab->class] > PAGE_SIZE;
}

// A slab of the class with room, in the class's list.
static struct slab *slab_find(unsigned class) {
    struct list *slabs = &class_slabs[class];
    if (slabs->next == NULL) {
        list_init(slabs);
    }
    if (!list_empty(slabs)) {
        return LIST_FIRST(slabs, struct slab, node);
    }
    struct slab *slab = class_spare[class];
    class_spare[class] = NULL;
    if (slab == NULL) {
        slab = slab_new(class);
    }
    if (slab != NULL) {
        list_push_front(slabs, &slab->node);
    }
    return slab;
}

static void *small_alloc(size_t size_bytes) {
    struct slab *slab = slab_find(class_of(size_bytes));
    if (slab == NULL) {
        return NULL;
    }
    void *block = slab->free;
    if (block != NULL) {
        memcpy(&slab->free, block, sizeof(slab->free));
    } else {
        block = (char *)slab + slab->fresh;
        slab->fresh = (uint16_t)(slab->fresh + class_size[slab->class]);
    }
    slab->used++;
    if (slab_is_full(slab)) {
        list_remove(&slab->node);
    }
    used_bytes += class_size[slab->class];
    return block;
}

static void slab_discard(struct slab *slab) {
    list_remove(&slab->node);
    struct slab **spare = &class_spare[slab->class];
    if (*spare == NULL) {
        *spare = slab;
    } else {
        page_release(va_to_pa(slab));
    }
}

static void small_free(struct slab *slab, void *block) {
    ASSERT(slab->used > 0);
    if (slab_is_full(slab)) {
        list_push_front(&class_slabs[slab->class], &slab->node);
    }
    memcpy(block, &slab->free, sizeof(slab->free));
    slab->free = block;
    slab->used--;
    used_bytes -= class_size[slab->class];
    if (slab->used == 0) {
        slab_discard(slab);
    }
}

static void *large_alloc(size_t size_bytes) {
    size_t count = PAGE_UP(size_bytes) >> PAGE_SHIFT;
    if (count == 0 || count >= LARGE_PAGE_LIMIT || page_is_scarce()) {
        return NULL;
    }
    uint64_t pa = page_alloc_contiguous(count);
    if (pa == 0) {
        return NULL;
    }
    page_of(pa)->flags = (uint32_t)count << FLAG_BITS | FLAG_LARGE;
    used_bytes += count << PAGE_SHIFT;
    return pa_to_va(pa);
}

void *heap_alloc(size_t size_bytes) {
    return size_bytes <= SMALL_MAX ? small_alloc(size_bytes) : large_alloc(size_bytes);
}

void *heap_alloc_zeroed(size_t size_bytes) {
    void *block = heap_alloc(size_bytes);
    if (block != NULL) {
        memset(block, 0, size_bytes);
    }
    return block;
}

static struct slab *slab_of(void *block) {
    return (struct slab *)PAGE_DOWN((uintptr_t)block);
}

static struct page *block_page(void *block) {
    struct page *page = page_of(va_to_pa(slab_of(block)));
    ASSERT(page->references > 0 && (page->flags & (FLAG_SLAB | FLAG_LARGE)) != 0);
    return page;
}

static size_t block_size(void *block) {
    uint32_t flags = block_page(block)->flags;
    if ((flags & FLAG_SLAB) != 0) {
        return class_size[slab_of(block)->class];
    }
    return (size_t)(flags >> FLAG_BITS) << PAGE_SHIFT;
}

void heap_free(void *block) {
    if (block == NULL) {
        return;
    }
    uint32_t flags = block_page(block)->flags;
    if ((flags & FLAG_SLAB) != 0) {
        small_free(slab_of(block), block);
        return;
    }
    size_t count = flags >> FLAG_BITS;
    used_bytes -= count << PAGE_SHIFT;
    page_free_contiguous(va_to_pa(block), count);
}

void *heap_resize(void *old, size_t size_bytes) {
    if (old == NULL) {
        return heap_alloc(size_bytes);
    }
    size_t room = block_size(old);
    // A block that shrinks to less than half moves, so that a list that was once long does not stay
    // big.
    if (size_bytes <= room && (size_bytes > room / 2 || room <= class_size[0])) {
        return old;
    }
    void *new = heap_alloc(size_bytes);
    if (new == NULL) {
        return size_bytes <= room ? old : NULL;
    }
    memcpy(new, old, MIN(room, size_bytes));
    heap_free(old);
    return new;
}

size_t heap_used_bytes(void) {
    return used_bytes;
}
