// Mapping, placing, splitting, merging, unmapping; memory that runs out.

#include "mm_expect.h"

TEST(mmap_refuses_what_the_man_page_says) {
    boot();
    EXPECT_EQUAL(sys_mmap(0, 0, RW, ANON, -1, 0), -EINVAL);
    EXPECT_EQUAL(sys_mmap(0, 1, RW, MAP_ANONYMOUS, -1, 0), -EINVAL);
    EXPECT_EQUAL(sys_mmap(0, 1, RW, ANON, -1, 1), -EINVAL);
    EXPECT_EQUAL(sys_mmap(0, 1, RW, MAP_PRIVATE, 50, 0), -EBADF);
    EXPECT_EQUAL(sys_mmap(0, -1, RW, ANON, -1, 0), -ENOMEM);
    EXPECT_EQUAL(sys_mmap(0, USER_END + 1, PROT_NONE, ANON, -1, 0), -ENOMEM);
    EXPECT_EQUAL(sys_mmap(0x12345, 1, RW, ANON | MAP_FIXED, -1, 0), -EINVAL);
    EXPECT_EQUAL(sys_mmap(0, 1, RW, ANON | MAP_FIXED, -1, 0), -EPERM);
    EXPECT_EQUAL(sys_mmap((long)(USER_END - P(1)), P(2), RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
    EXPECT_EQUAL(sys_mmap(-4096, P(1), RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
    EXPECT_EQUAL(sys_mmap(0, P(1), RW, ANON | MAP_HUGETLB, -1, 0), -ENOMEM);
    EXPECT_EQUAL(sys_mmap(0, P(1), RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0), -EINVAL);
    EXPECT_EQUAL(sys_mmap(0, 1L << 36, RW, ANON, -1, 0), -ENOMEM);
}

TEST(mmap_of_a_file_checks_how_it_was_opened) {
    boot();
    int read_only = host_fd(host_file(2, 10, O_RDONLY));
    int write_only = host_fd(host_file(2, 10, O_WRONLY));
    static const struct file_ops no_pages = {0};
    int pipe = host_fd(file_new(&no_pages, O_RDWR, NULL));
    EXPECT_EQUAL(sys_mmap(0, P(1), RW, MAP_SHARED, read_only, 0), -EACCES);
    EXPECT_EQUAL(sys_mmap(0, P(1), PROT_READ, MAP_PRIVATE, write_only, 0), -EACCES);
    EXPECT_EQUAL(sys_mmap(0, P(1), PROT_READ, MAP_PRIVATE, pipe, 0), -ENODEV);
    EXPECT_EQUAL(sys_mmap(0, P(1), PROT_READ, 0, read_only, 0), -EINVAL);
    EXPECT_EQUAL(sys_mmap(0, P(1), PROT_READ, MAP_SHARED_VALIDATE | 0x80000, read_only, 0),
                 -EOPNOTSUPP);
    EXPECT_EQUAL(sys_mmap(0, P(2), PROT_READ, MAP_SHARED, read_only, -P(1)), -EOVERFLOW);
    long shared = sys_mmap(0, P(1), PROT_READ, MAP_SHARED, read_only, 0);
    EXPECT(shared > 0);
    EXPECT_EQUAL(sys_mprotect(shared, P(1), RW), -EACCES);
    EXPECT(sys_mmap(0, P(1), RW, MAP_PRIVATE, read_only, 0) > 0);
}

TEST(anonymous_memory_reads_zero_and_keeps_what_is_written) {
    boot();
    long address = sys_mmap(0, P(3), RW, ANON, -1, 0);
    EXPECT(address > 0);
    expect_load((uint64_t)address + 8, 0);
    expect_store((uint64_t)address + 8, 77);
    expect_load((uint64_t)address + 8, 77);
    expect_load((uint64_t)address + P(1) + 8, 0);
    EXPECT_EQUAL(sys_munmap(address, P(3)), 0);
    expect_load_fault((uint64_t)address, SIGSEGV, SEGV_MAPERR);
}

TEST(mappings_go_top_down_and_hints_are_honoured) {
    boot();
    long first = sys_mmap(0, P(4), RW, ANON, -1, 0);
    long second = sys_mmap(0, P(2), PROT_READ, ANON, -1, 0);
    EXPECT_EQUAL(first, host_space()->mmap_top - P(4));
    EXPECT_EQUAL(second, first - (long)P(2));
    EXPECT_EQUAL(sys_mmap(0x20000001, P(1), RW, ANON, -1, 0), 0x20000000);
    EXPECT_EQUAL(sys_mmap((long)(first), P(1), PROT_NONE, ANON, -1, 0), second - (long)P(1));
    EXPECT_EQUAL(sys_mmap(1, P(1), RW, ANON, -1, 0), USER_START);
    // A hole is used again.
    EXPECT_EQUAL(sys_munmap(second, P(2)), 0);
    EXPECT_EQUAL(sys_mmap(0, P(2), PROT_READ, ANON, -1, 0), second);
}

TEST(fixed_noreplace_fails_where_something_is) {
    boot();
    EXPECT_EQUAL(map_at(BASE, P(4), RW), BASE);
    long flags = ANON | MAP_FIXED_NOREPLACE;
    EXPECT_EQUAL(sys_mmap(BASE + P(3), P(2), RW, flags, -1, 0), -EEXIST);
    EXPECT_EQUAL(sys_mmap(BASE + P(4), P(2), RW, flags, -1, 0), BASE + P(4));
}

TEST(fixed_replaces_and_neighbours_merge) {
    boot();
    map_at(BASE, P(8), RW);
    expect_store(BASE + P(3), 5);
    EXPECT_EQUAL(host_space()->area_count, 1);
    EXPECT_EQUAL(map_at(BASE + P(2), P(2), RW), BASE + P(2));
    EXPECT_EQUAL(host_space()->area_count, 1);
    expect_load(BASE + P(3), 0);
    EXPECT_EQUAL(map_at(BASE + P(2), P(2), PROT_READ), BASE + P(2));
    EXPECT_EQUAL(host_space()->area_count, 3);
    EXPECT_EQUAL(host_space()->mapped_pages, 8);
    EXPECT_EQUAL(sys_mprotect(BASE + P(2), P(2), RW), 0);
    EXPECT_EQUAL(host_space()->area_count, 1);
}

TEST(a_hole_in_the_middle_splits) {
    boot();
    map_at(BASE, P(9), RW);
    for (uint64_t i = 0; i < 9; i++) {
        expect_store(BASE + P(i), i + 1);
    }
    EXPECT_EQUAL(sys_munmap(BASE + P(3), P(3)), 0);
    EXPECT_EQUAL(host_space()->area_count, 2);
    expect_load(BASE + P(2), 3);
    expect_load_fault(BASE + P(3), SIGSEGV, SEGV_MAPERR);
    expect_load_fault(BASE + P(5), SIGSEGV, SEGV_MAPERR);
    expect_load(BASE + P(6), 7);
    EXPECT_EQUAL(sys_munmap(BASE + 1, P(1)), -EINVAL);
    EXPECT_EQUAL(sys_munmap(BASE, 0), -EINVAL);
    EXPECT_EQUAL(sys_munmap((long)USER_END, P(1)), -EINVAL);
    EXPECT_EQUAL(sys_munmap(BASE + P(20), P(4)), 0);
}

TEST(a_huge_reservation_is_cheap) {
    boot();
    size_t before = host_used_pages();
    long address = sys_mmap(0, 200L << 30, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
    EXPECT(address > 0);
    EXPECT(host_used_pages() <= before + 1);
    uint64_t middle = (uint64_t)address + (100UL << 30);
    expect_load_fault(middle, SIGSEGV, SEGV_ACCERR);
    EXPECT_EQUAL(sys_mprotect((long)middle, P(2), RW), 0);
    expect_store(middle, 9);
    EXPECT_EQUAL(sys_munmap(address, 200L << 30), 0);
    EXPECT(host_used_pages() <= before + 1);
}

TEST(page_tables_are_freed_with_what_they_mapped) {
    boot();
    map_at(BASE, P(1), RW); // the heap's slab, the root's first table
    expect_store(BASE, 1);
    size_t before = host_used_pages();
    for (uint64_t i = 1; i < 20; i++) {
        map_at(BASE + (i << 30), P(1), RW);
        expect_store(BASE + (i << 30), i);
    }
    EXPECT_EQUAL(host_used_pages(), before + 19 * 3);
    for (uint64_t i = 1; i < 20; i++) {
        EXPECT_EQUAL(sys_munmap((long)(BASE + (i << 30)), P(1)), 0);
    }
    EXPECT(host_used_pages() <= before + 1);
    expect_load(BASE, 1);
}

TEST(thousands_of_areas_are_found) {
    enum { COUNT = 20000 };
    boot();
    for (uint64_t i = 0; i < COUNT; i++) {
        EXPECT_EQUAL(map_at(BASE + P(2 * i), P(1), PROT_READ), BASE + P(2 * i));
    }
    EXPECT_EQUAL(host_space()->area_count, COUNT);
    EXPECT(host_space()->index.root->height <= 20);
    EXPECT_EQUAL(vm_find(host_space(), BASE + P(2 * 777))->start, BASE + P(2 * 777));
    EXPECT_EQUAL(vm_find(host_space(), BASE + P(2 * 777 + 1)), 0);
    for (uint64_t i = 0; i < COUNT; i += 2) {
        EXPECT_EQUAL(sys_munmap((long)(BASE + P(2 * i)), P(1)), 0);
    }
    EXPECT_EQUAL(host_space()->area_count, COUNT / 2);
}

TEST(populate_faults_everything_in) {
    boot();
    long address = sys_mmap(0, P(10), RW, ANON | MAP_POPULATE, -1, 0);
    EXPECT_EQUAL(host_space()->resident_pages, 10);
    expect_store((uint64_t)address, 1);
    EXPECT_EQUAL(host_space()->resident_pages, 10);
}

TEST(running_out_of_memory_is_an_error_not_a_crash) {
    host_boot(700, 10);
    long address = sys_mmap(0, P(10000), RW, ANON, -1, 0);
    EXPECT(address > 0);
    int signo = 0;
    int si_code = 0;
    for (uint64_t i = 0; i < 10000 && signo == 0; i++) {
        signo = host_store((uint64_t)address + P(i), i, &si_code);
    }
    EXPECT_EQUAL(signo, SIGKILL);
    EXPECT(page_free_count() == 0);
    EXPECT_EQUAL(sys_munmap(address, P(10000)), 0);
    EXPECT(page_free_count() > 650 - 10);
}
