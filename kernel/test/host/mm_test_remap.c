// mremap(2).

#include "mm_expect.h"

TEST(mremap_grows_in_place_or_moves) {
    boot();
    map_at(BASE, P(2), RW);
    expect_store(BASE + P(1), 11);
    EXPECT_EQUAL(sys_mremap(BASE, P(2), P(4), 0, 0), BASE);
    expect_store(BASE + P(3), 13);
    map_at(BASE + P(5), P(1), PROT_READ);
    EXPECT_EQUAL(sys_mremap(BASE, P(4), P(9), 0, 0), -ENOMEM);
    long moved = sys_mremap(BASE, P(4), P(9), MREMAP_MAYMOVE, 0);
    EXPECT(moved > 0 && moved != (long)BASE);
    expect_load((uint64_t)moved + P(1), 11);
    expect_load((uint64_t)moved + P(3), 13);
    expect_load((uint64_t)moved + P(8), 0);
    expect_load_fault(BASE, SIGSEGV, SEGV_MAPERR);
    EXPECT_EQUAL(sys_mremap(moved, P(9), P(2), 0, 0), moved);
    expect_load_fault((uint64_t)moved + P(3), SIGSEGV, SEGV_MAPERR);
}

TEST(mremap_to_a_fixed_place_replaces_it) {
    boot();
    map_at(BASE, P(4), RW);
    expect_store(BASE + P(1), 1);
    map_at(BASE + P(100), P(4), RW);
    expect_store(BASE + P(101), 2);
    long flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    EXPECT_EQUAL(sys_mremap(BASE, P(4), P(2), flags, BASE + P(2)), -EINVAL);
    EXPECT_EQUAL(sys_mremap(BASE, P(4), P(2), flags, BASE + P(100)), BASE + P(100));
    expect_load(BASE + P(101), 1);
    expect_load_fault(BASE, SIGSEGV, SEGV_MAPERR);
    expect_load(BASE + P(102), 0);
}

TEST(mremap_dontunmap_leaves_an_empty_mapping) {
    boot();
    map_at(BASE, P(2), RW);
    expect_store(BASE, 6);
    long moved = sys_mremap(BASE, P(2), P(2), MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
    EXPECT(moved > 0);
    expect_load((uint64_t)moved, 6);
    expect_load(BASE, 0);
}

TEST(mremap_of_size_zero_duplicates_shared_memory) {
    boot();
    long address = sys_mmap(0, P(4), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect_store((uint64_t)address + P(1), 21);
    long again = sys_mremap(address, 0, P(4), MREMAP_MAYMOVE, 0);
    EXPECT(again > 0);
    expect_load((uint64_t)again + P(1), 21);
    expect_store((uint64_t)again + P(2), 22);
    expect_load((uint64_t)address + P(2), 22);
}

TEST(mremap_refuses_what_the_man_page_says) {
    boot();
    map_at(BASE, P(2), RW);
    map_at(BASE + P(2), P(2), PROT_READ);
    EXPECT_EQUAL(sys_mremap(BASE + P(9), P(1), P(2), 0, 0), -EFAULT);
    EXPECT_EQUAL(sys_mremap(BASE, P(3), P(5), MREMAP_MAYMOVE, 0), -EFAULT);
    EXPECT_EQUAL(sys_mremap(BASE + 1, P(1), P(2), 0, 0), -EINVAL);
    EXPECT_EQUAL(sys_mremap(BASE, P(1), 0, 0, 0), -EINVAL);
    EXPECT_EQUAL(sys_mremap(BASE, P(1), P(1), 8, 0), -EINVAL);
    EXPECT_EQUAL(sys_mremap(BASE, P(1), P(1), MREMAP_FIXED, BASE + P(50)), -EINVAL);
    EXPECT_EQUAL(sys_mremap(BASE, P(1), P(2), MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), -EINVAL);
    EXPECT_EQUAL(sys_mremap(BASE, 0, P(2), MREMAP_MAYMOVE, 0), -EINVAL);
}
