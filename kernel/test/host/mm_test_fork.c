// Address spaces that share their pages.

#include "mm_expect.h"

TEST(a_copied_space_shares_until_someone_writes) {
    boot();
    struct address_space *parent = host_space();
    size_t before = host_used_pages();
    map_at(BASE, P(4), RW);
    long shared = sys_mmap(0, P(2), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect_store(BASE, 1);
    expect_store((uint64_t)shared, 2);
    struct address_space *child = vm_copy(parent);
    EXPECT(child != NULL);
    expect_store(BASE, 10);
    host_use(child);
    expect_load(BASE, 1);
    expect_store(BASE, 20);
    expect_store((uint64_t)shared, 30);
    expect_store((uint64_t)shared + P(1), 31);
    host_use(parent);
    expect_load(BASE, 10);
    expect_load((uint64_t)shared, 30);
    expect_load((uint64_t)shared + P(1), 31);
    vm_release(child);
    expect_store(BASE, 11);
    EXPECT_EQUAL(sys_munmap(BASE, P(4)), 0);
    EXPECT_EQUAL(sys_munmap(shared, P(2)), 0);
    EXPECT(host_used_pages() <= before + 6); // the heap's slabs, the zero page
}

TEST(fork_advice_is_followed) {
    boot();
    map_at(BASE, P(3), RW);
    for (uint64_t i = 0; i < 3; i++) {
        expect_store(BASE + P(i), i + 1);
    }
    EXPECT_EQUAL(sys_madvise(BASE, P(1), MADV_DONTFORK), 0);
    EXPECT_EQUAL(sys_madvise(BASE + P(1), P(1), MADV_WIPEONFORK), 0);
    host_use(vm_copy(host_space()));
    expect_load_fault(BASE, SIGSEGV, SEGV_MAPERR);
    expect_load(BASE + P(1), 0);
    expect_load(BASE + P(2), 3);
}
