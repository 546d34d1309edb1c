// Physical pages: a buddy allocator that comes into being as it is used. Memory above the frontier
// has never been touched: neither its pages nor their struct page hold anything. When the free
// lists cannot serve a request the frontier moves up by a chunk, so that boot costs nothing per
// page of RAM and a page that nobody asked for stays untouched (QEMU's host then never commits it).
//
// Odd: a free block's list node lies in the block itself, and `flags` of its first page says FREE |
// order.

#include "page.h"

#include "arch.h"
#include "list.h"
#include "report.h"
#include "string.h"

enum {
    ORDER_COUNT = 27, // up to 2^26 pages, 256 GiB: more than the machines take
    RESERVED_FRACTION = 64,
    RESERVED_MAX = 256, // pages, 1 MiB
    CHUNK_ORDER = 9,    // the frontier's step, 2 MiB
    FREE_BLOCK = 0x80,  // in flags; the low bits are the order
    ORDER_MASK = 0x1f,
};

static struct {
    struct page *pages;            // pages[0] is the page at `first`
    uint64_t first, frontier, end; // page frame numbers
    size_t total, free, lowest_free;
    struct list blocks[ORDER_COUNT];
} pool;

static struct page *page_at(uint64_t frame) {
    return &pool.pages[frame - pool.first];
}

static struct list *block_node(uint64_t frame) {
    return pa_to_va(frame << PAGE_SHIFT);
}

static void block_push(uint64_t frame, unsigned order) {
    page_at(frame)->references = 0;
    page_at(frame)->flags = FREE_BLOCK | order;
    list_push_front(&pool.blocks[order], block_node(frame));
}

static void block_remove(uint64_t frame) {
    page_at(frame)->flags = 0;
    list_remove(block_node(frame));
}

// The block beside this one that it may merge with.
static bool buddy_is_free(uint64_t buddy, unsigned order) {
    return buddy >= pool.first && buddy + (1UL << order) <= pool.frontier &&
           page_at(buddy)->flags == (FREE_BLOCK | order);
}

static void block_free(uint64_t frame, unsigned order) {
    while (order + 1 < ORDER_COUNT && buddy_is_free(frame ^ (1UL << order), order)) {
        uint64_t buddy = frame ^ (1UL << order);
        block_remove(buddy);
        page_at(frame)->flags = 0;
        frame = MIN(frame, buddy);
        order++;
    }
    block_push(frame, order);
}

// Any run of frames, as the largest aligned blocks that fit.
static void range_free(uint64_t frame, uint64_t end) {
    while (frame < end) {
        unsigned order = (unsigned)(63 - __builtin_clzl(end - frame));
        if (frame != 0) {
            order = MIN(order, (unsigned)__builtin_ctzl(frame));
        }
        order = MIN(order, (unsigned)ORDER_COUNT - 1);
        block_free(frame, order);
        frame += 1UL << order;
    }
}

// Moves the frontier far enough for a block of this order; false when no memory is left above it.
static bool frontier_advance(unsigned order) {
    uint64_t size = 1UL << MAX(order, (unsigned)CHUNK_ORDER);
    uint64_t start = pool.frontier;
    if (start == pool.end) {
        return false;
    }
    uint64_t end = (start + size - 1) / size * size + size;
    end = MIN(end, pool.end);
    memset(page_at(start), 0, (end - start) * sizeof(struct page));
    pool.frontier = end;
    range_free(start, end);
    return true;
}

// The first frame of a block of 2^order, or 0.
static uint64_t block_take(unsigned order) {
    unsigned found = order;
    while (found < ORDER_COUNT && list_empty(&pool.blocks[found])) {
        found++;
    }
    if (found == ORDER_COUNT) {
        return frontier_advance(order) ? block_take(order) : 0;
    }
    uint64_t frame = va_to_pa(pool.blocks[found].next) >> PAGE_SHIFT;
    block_remove(frame);
    while (found > order) {
        found--;
        block_push(frame + (1UL << found), found);
    }
    return frame;
}

static void count_taken(size_t count) {
    pool.free -= count;
    pool.lowest_free = MIN(pool.lowest_free, pool.free);
}

void page_init(uint64_t ram_start_pa, uint64_t free_start_pa, uint64_t ram_end_pa) {
    ASSERT(ram_start_pa <= free_start_pa && free_start_pa < ram_end_pa);
    uint64_t table_pa = PAGE_UP(free_start_pa);
    uint64_t end = ram_end_pa >> PAGE_SHIFT;
    size_t table_size = ((end - (table_pa >> PAGE_SHIFT)) * sizeof(struct page));
    pool.pages = pa_to_va(table_pa);
    pool.first = pool.frontier = PAGE_UP(table_pa + table_size) >> PAGE_SHIFT;
    pool.end = end;
    pool.total = pool.free = pool.lowest_free = end - pool.first;
    for (unsigned order = 0; order < ORDER_COUNT; order++) {
        list_init(&pool.blocks[order]);
    }
}

uint64_t page_alloc(void) {
    uint64_t frame = block_take(0);
    if (frame == 0) {
        return 0;
    }
    *page_at(frame) = (struct page){.references = 1};
    count_taken(1);
    return frame << PAGE_SHIFT;
}

uint64_t page_alloc_zeroed(void) {
    uint64_t pa = page_alloc();
    if (pa != 0) {
        memset(pa_to_va(pa), 0, PAGE_SIZE);
    }
    return pa;
}

uint64_t page_alloc_contiguous(size_t count) {
    unsigned order = 0;
    while (order < ORDER_COUNT && (1UL << order) < count) {
        order++;
    }
    if (count == 0 || count > pool.free || order == ORDER_COUNT) {
        return 0;
    }
    uint64_t frame = block_take(order);
    if (frame == 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        *page_at(frame + i) = (struct page){.references = 1};
    }
    range_free(frame + count, frame + (1UL << order));
    count_taken(count);
    return frame << PAGE_SHIFT;
}

void page_free_contiguous(uint64_t pa, size_t count) {
    uint64_t frame = pa >> PAGE_SHIFT;
    for (size_t i = 0; i < count; i++) {
        ASSERT(page_at(frame + i)->references > 0);
        *page_at(frame + i) = (struct page){0};
    }
    range_free(frame, frame + count);
    pool.free += count;
}

bool page_is_image(uint64_t pa) {
    return (pa >> PAGE_SHIFT) < pool.first;
}

struct page *page_of(uint64_t pa) {
    ASSERT(!page_is_image(pa) && (pa >> PAGE_SHIFT) < pool.frontier);
    return page_at(pa >> PAGE_SHIFT);
}

void page_hold(uint64_t pa) {
    if (!page_is_image(pa)) {
        page_of(pa)->references++;
    }
}

void page_release(uint64_t pa) {
    if (page_is_image(pa)) {
        return;
    }
    struct page *page = page_of(pa);
    ASSERT(page->references > 0);
    page->references--;
    if (page->references == 0) {
        page->flags = 0;
        block_free(pa >> PAGE_SHIFT, 0);
        pool.free++;
    }
}

uint32_t page_references(uint64_t pa) {
    return page_is_image(pa) ? PAGE_IMAGE_REFERENCES : page_of(pa)->references;
}

size_t page_free_count(void) {
    return pool.free;
}

bool page_is_scarce(void) {
    return pool.free <= MIN(pool.total / RESERVED_FRACTION, (size_t)RESERVED_MAX);
}

size_t page_total_count(void) {
    return pool.total;
}

size_t page_peak_count(void) {
    return pool.total - pool.lowest_free;
}
