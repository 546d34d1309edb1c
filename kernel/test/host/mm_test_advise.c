// madvise(2), mincore(2), msync(2), mlock(2).

#include "mm_expect.h"

TEST(madvise_dontneed_drops_and_reports_holes) {
    boot();
    map_at(BASE, P(2), RW);
    map_at(BASE + P(3), P(1), RW);
    expect_store(BASE, 1);
    expect_store(BASE + P(3), 2);
    EXPECT_EQUAL(sys_madvise(BASE, P(4), MADV_DONTNEED), -ENOMEM);
    expect_load(BASE, 0);
    expect_load(BASE + P(3), 0);
    EXPECT_EQUAL(sys_madvise(BASE, P(1), 12345), -EINVAL);
    EXPECT_EQUAL(sys_madvise(BASE, P(1), -1), -EINVAL);
    EXPECT_EQUAL(sys_madvise(BASE + 1, P(1), MADV_NORMAL), -EINVAL);
    EXPECT_EQUAL(sys_madvise(BASE, -1, MADV_NORMAL), -EINVAL);
    EXPECT_EQUAL(sys_madvise(BASE, 0, MADV_NORMAL), 0);
    EXPECT_EQUAL(sys_madvise(BASE, P(2), MADV_WILLNEED), 0);
    EXPECT_EQUAL(sys_madvise(BASE, P(2), MADV_POPULATE_WRITE), 0);
    EXPECT_EQUAL(sys_mlock(BASE, P(1)), 0);
    EXPECT_EQUAL(sys_madvise(BASE, P(2), MADV_DONTNEED), -EINVAL);
}

TEST(mincore_tells_what_is_there) {
    boot();
    map_at(BASE, P(100), RW);
    expect_store(BASE + P(70), 1);
    EXPECT_EQUAL(sys_mincore(BASE, P(90), BASE + P(99) + 10), 0);
    uint64_t word;
    int si_code;
    EXPECT_EQUAL(host_load(BASE + P(99) + 80, &word, &si_code), 0);
    EXPECT_EQUAL(word, 1);
    EXPECT_EQUAL(sys_mincore(BASE, P(101), BASE), -ENOMEM);
    EXPECT_EQUAL(sys_mincore(BASE, P(1), BASE + P(200)), -EFAULT);
    EXPECT_EQUAL(sys_mincore(BASE + 1, P(1), BASE), -EINVAL);
}

TEST(msync_checks_its_arguments) {
    boot();
    map_at(BASE, P(2), RW);
    EXPECT_EQUAL(sys_msync(BASE, P(2), MS_SYNC), 0);
    EXPECT_EQUAL(sys_msync(BASE, P(2), MS_SYNC | MS_ASYNC), -EINVAL);
    EXPECT_EQUAL(sys_msync(BASE, P(2), 64), -EINVAL);
    EXPECT_EQUAL(sys_msync(BASE, P(3), MS_ASYNC), -ENOMEM);
}

TEST(mlock_counts_against_its_limit) {
    boot();
    map_at(BASE, P(8), RW);
    process_current()->credentials.euid = 1000;
    limit(RLIMIT_MEMLOCK)->current = P(3);
    EXPECT_EQUAL(sys_mlock(BASE + 5, P(2)), 0);
    EXPECT_EQUAL(host_space()->locked_pages, 3);
    EXPECT_EQUAL(host_space()->resident_pages, 3);
    EXPECT_EQUAL(sys_mlock(BASE + P(4), P(1)), -ENOMEM);
    limit(RLIMIT_MEMLOCK)->current = 0;
    EXPECT_EQUAL(sys_mlock(BASE, P(1)), -EPERM);
    process_current()->credentials.euid = 0;
    EXPECT_EQUAL(sys_mlockall(MCL_CURRENT | MCL_FUTURE), 0);
    EXPECT_EQUAL(host_space()->locked_pages, 8);
    EXPECT_EQUAL(host_space()->resident_pages, 8);
    EXPECT_EQUAL(sys_mlockall(MCL_ONFAULT), -EINVAL);
    sys_mmap(0, P(3), RW, ANON, -1, 0);
    EXPECT_EQUAL(host_space()->resident_pages, 11);
}
