// Random use of the heap and of runs of pages: what one holds, no other may touch. HOST_SEED
// chooses the run.

#include "arch.h"
#include "heap.h"
#include "host_test.h"
#include "page.h"
#include "thread.h"

enum { BLOCKS = 300 };

struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char mark;
};

static void check_block(const struct block *block) {
    for (size_t i = 0; i < block->size; i++) {
        EXPECT_EQUAL(block->bytes[i], block->mark);
    }
}

static void fill_block(struct block *block, unsigned char *bytes, size_t size) {
    block->bytes = bytes;
    block->size = size;
    block->mark = (unsigned char)host_pick(256);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = block->mark;
    }
}

static size_t pick_size(void) {
    return host_pick(10) == 0 ? host_pick(40000) : host_pick(2 + host_pick(2500));
}

TEST(random_heap_blocks_never_overlap) {
    static struct block blocks[BLOCKS];
    host_boot(600, 10); // small enough to be refused now and then
    host_seed();
    size_t before = heap_used_bytes();
    for (size_t step = 0; step < 20000; step++) {
        struct block *block = &blocks[host_pick(BLOCKS)];
        check_block(block);
        size_t size = pick_size();
        unsigned char *bytes = NULL;
        if (host_pick(3) == 0) {
            bytes = heap_resize(block->bytes, size);
            for (size_t i = 0; bytes != NULL && i < MIN(size, block->size); i++) {
                EXPECT_EQUAL(bytes[i], block->mark);
            }
        } else {
            heap_free(block->bytes);
            *block = (struct block){0};
            bytes = heap_alloc(size);
        }
        if (bytes != NULL) {
            fill_block(block, bytes, size);
        }
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        check_block(&blocks[i]);
        heap_free(blocks[i].bytes);
    }
    EXPECT_EQUAL(heap_used_bytes(), before);
    EXPECT(host_used_pages() <= 17 + 4); // an empty slab per size, and what host_boot took
}

TEST(random_page_runs_never_overlap) {
    enum { RUNS = 60, RAM = 3000 };
    static struct {
        uint64_t pa;
        size_t count;
    } runs[RUNS];
    host_boot(RAM, 7);
    static unsigned char owner[RAM];
    host_seed();
    size_t before = page_free_count();
    for (size_t step = 0; step < 30000; step++) {
        size_t i = host_pick(RUNS);
        if (runs[i].pa != 0) {
            for (size_t j = 0; j < runs[i].count; j++) {
                EXPECT_EQUAL(owner[((runs[i].pa - HOST_RAM_PA) >> PAGE_SHIFT) + j], i + 1);
                owner[((runs[i].pa - HOST_RAM_PA) >> PAGE_SHIFT) + j] = 0;
            }
            page_free_contiguous(runs[i].pa, runs[i].count);
            runs[i].pa = 0;
            continue;
        }
        runs[i].count = 1 + host_pick(1 + host_pick(120));
        runs[i].pa = page_alloc_contiguous(runs[i].count);
        size_t align = 1;
        while (align < runs[i].count) {
            align *= 2;
        }
        EXPECT_EQUAL(runs[i].pa % (align * PAGE_SIZE), 0);
        for (size_t j = 0; runs[i].pa != 0 && j < runs[i].count; j++) {
            EXPECT_EQUAL(owner[((runs[i].pa - HOST_RAM_PA) >> PAGE_SHIFT) + j], 0);
            owner[((runs[i].pa - HOST_RAM_PA) >> PAGE_SHIFT) + j] = (unsigned char)(i + 1);
        }
    }
    for (size_t i = 0; i < RUNS; i++) {
        if (runs[i].pa != 0) {
            page_free_contiguous(runs[i].pa, runs[i].count);
        }
    }
    EXPECT_EQUAL(page_free_count(), before);
    EXPECT(page_alloc_contiguous(1024) != 0);
}
