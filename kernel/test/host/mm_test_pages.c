// Pages and the heap.

#include "heap.h"
#include "mm_expect.h"
#include "string.h"

TEST(pages_are_distinct_and_all_come_back) {
    enum { COUNT = 3000 };
    host_boot(4096, 16);
    size_t free_before = page_free_count();
    static uint64_t pages[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        pages[i] = page_alloc();
        EXPECT(pages[i] != 0);
        *(uint64_t *)pa_to_va(pages[i]) = i;
    }
    EXPECT_EQUAL(page_free_count(), free_before - COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        EXPECT_EQUAL(*(uint64_t *)pa_to_va(pages[i]), i);
        page_release(pages[i]);
    }
    EXPECT_EQUAL(page_free_count(), free_before);
    // All of it merges again.
    uint64_t large = page_alloc_contiguous(2048);
    EXPECT(large != 0);
    EXPECT_EQUAL(large % P(2048), 0);
}

TEST(all_of_memory_can_be_had_and_then_none) {
    host_boot(1500, 10);
    size_t count = page_free_count();
    for (size_t i = 0; i < count; i++) {
        EXPECT(page_alloc() != 0);
    }
    EXPECT_EQUAL(page_alloc(), 0);
    EXPECT_EQUAL(page_free_count(), 0);
    EXPECT_EQUAL(heap_alloc(100), 0);
    EXPECT_EQUAL(heap_alloc(100000), 0);
    EXPECT_EQUAL(page_peak_count(), page_total_count());
}

TEST(contiguous_pages_are_aligned_and_give_their_tail_back) {
    boot();
    size_t before = page_free_count();
    uint64_t pa = page_alloc_contiguous(5);
    EXPECT_EQUAL(pa % P(8), 0);
    EXPECT_EQUAL(page_free_count(), before - 5);
    page_free_contiguous(pa, 5);
    EXPECT_EQUAL(page_free_count(), before);
    EXPECT_EQUAL(page_alloc_contiguous(1UL << 40), 0);
}

TEST(image_pages_are_never_freed) {
    boot();
    size_t before = page_free_count();
    page_release(HOST_RAM_PA);
    page_hold(HOST_RAM_PA);
    EXPECT(page_references(HOST_RAM_PA) > 1);
    EXPECT_EQUAL(page_free_count(), before);
}

TEST(heap_blocks_keep_their_bytes_and_come_back) {
    enum { COUNT = 4000 };
    boot();
    size_t used = heap_used_bytes();
    unsigned char *blocks[COUNT];
    size_t sizes[COUNT];
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            sizes[i] = (i * 7919) % (i % 50 == 0 ? 20000 : 2100);
            blocks[i] = heap_alloc(sizes[i]);
            EXPECT(blocks[i] != NULL);
            EXPECT_EQUAL((uintptr_t)blocks[i] % 16, 0);
            memset(blocks[i], (int)i & 0xff, sizes[i]);
        }
        for (size_t k = 0; k < COUNT; k++) {
            size_t i = k * 1609 % COUNT;
            for (size_t j = 0; j < sizes[i]; j++) {
                EXPECT_EQUAL(blocks[i][j], i & 0xff);
            }
            heap_free(blocks[i]);
        }
    }
    EXPECT_EQUAL(heap_used_bytes(), used);
}

TEST(heap_resize_keeps_the_bytes) {
    boot();
    char *block = heap_resize(NULL, 10);
    memcpy(block, "0123456789", 10);
    for (size_t size = 10; size < 100000; size = size * 3 / 2) {
        block = heap_resize(block, size);
        EXPECT_EQUAL(memcmp(block, "0123456789", 10), 0);
    }
    block = heap_resize(block, 10);
    EXPECT_EQUAL(memcmp(block, "0123456789", 10), 0);
    heap_free(block);
    EXPECT_EQUAL(heap_resize(NULL, 1UL << 45), 0);
}
