// The stack, the heap and the limits.

#include "mm_expect.h"

static uint64_t map_stack(void) {
    const struct vm_request request = {.address = USER_END - P(16),
                                       .size_bytes = P(8),
                                       .prot = RW,
                                       .flags = VM_STACK | VM_GROWSDOWN,
                                       .fixed = true,
                                       .name = "[stack]"};
    return (uint64_t)vm_map(host_space(), &request);
}

TEST(the_stack_grows_to_its_limit) {
    boot();
    uint64_t stack = map_stack();
    limit(RLIMIT_STACK)->current = P(100);
    expect_store(stack - 8, 4);
    expect_load(stack - 8, 4);
    EXPECT_EQUAL(vm_find(host_space(), stack)->start, stack - P(1));
    expect_store(stack + P(8) - P(100), 5);
    expect_store_fault(stack + P(8) - P(101), SIGSEGV, SEGV_MAPERR);
    EXPECT_EQUAL(sys_mprotect((long)stack, P(1), RW | PROT_EXEC | PROT_GROWSDOWN), 0);
    int si_code = 0;
    EXPECT_EQUAL(host_fetch(stack - P(1), &si_code), 0);
}

TEST(a_stack_cut_in_pieces_still_grows) {
    boot();
    uint64_t stack = map_stack();
    expect_store(stack - P(2), 1);
    EXPECT_EQUAL(sys_mprotect((long)(stack + P(2)), P(1), PROT_READ), 0);
    EXPECT_EQUAL(host_space()->area_count, 3);
    EXPECT_EQUAL(sys_mprotect((long)(stack + P(2)), P(1), RW), 0);
    EXPECT_EQUAL(host_space()->area_count, 1);
    EXPECT_EQUAL(sys_munmap((long)(stack - P(2)), P(3)), 0);
    expect_load(stack - P(2), 0);
    expect_load(stack - P(5), 0);
}

TEST(the_stack_keeps_its_distance) {
    boot();
    uint64_t stack = map_stack();
    map_at(stack - P(300), P(1), RW);
    expect_store(stack - P(299 - 256), 1);
    expect_store_fault(stack - P(299 - 255), SIGSEGV, SEGV_MAPERR);
    // A mapping with a hint stays out of the guard gap.
    uint64_t below = vm_find(host_space(), stack)->start;
    EXPECT(sys_mmap((long)(below - P(1)), P(1), RW, ANON, -1, 0) < (long)(below - P(256)));
}

TEST(brk_grows_shrinks_and_keeps_off_what_follows) {
    boot();
    struct address_space *space = host_space();
    space->brk_start = space->brk_end = BASE + 100;
    EXPECT_EQUAL(sys_brk(0), BASE + 100);
    EXPECT_EQUAL(sys_brk(BASE + P(5)), BASE + P(5));
    expect_store(BASE + P(4), 3);
    expect_load_fault(BASE + P(5), SIGSEGV, SEGV_MAPERR);
    EXPECT_EQUAL(sys_brk(BASE + P(2)), BASE + P(2));
    expect_load_fault(BASE + P(4), SIGSEGV, SEGV_MAPERR);
    EXPECT_EQUAL(sys_brk(BASE + P(5)), BASE + P(5));
    expect_load(BASE + P(4), 0);
    map_at(BASE + P(10), P(1), RW);
    EXPECT_EQUAL(sys_brk(BASE + P(10)), BASE + P(5));
    EXPECT_EQUAL(sys_brk(BASE + P(9)), BASE + P(9));
    limit(RLIMIT_DATA)->current = P(3);
    EXPECT_EQUAL(sys_brk(BASE + P(9) + 1), BASE + P(9));
}

TEST(limits_are_kept) {
    boot();
    limit(RLIMIT_AS)->current = P(10);
    EXPECT_EQUAL(map_at(BASE, P(8), PROT_READ), BASE);
    EXPECT_EQUAL(map_at(BASE + P(100), P(3), PROT_READ), -ENOMEM);
    EXPECT_EQUAL(map_at(BASE + P(4), P(6), PROT_READ), BASE + P(4));
    EXPECT_EQUAL(sys_mremap(BASE, P(10), P(11), MREMAP_MAYMOVE, 0), -ENOMEM);
    limit(RLIMIT_AS)->current = UINT64_MAX;
    limit(RLIMIT_DATA)->current = P(4);
    EXPECT_EQUAL(map_at(BASE + P(100), P(5), RW), -ENOMEM);
    EXPECT_EQUAL(sys_mprotect(BASE, P(5), RW), -ENOMEM);
    EXPECT_EQUAL(sys_mprotect(BASE, P(4), RW), 0);
}
