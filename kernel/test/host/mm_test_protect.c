// Protection.

#include "mm_expect.h"

TEST(protection_is_obeyed) {
    boot();
    map_at(BASE, P(4), RW);
    expect_store(BASE, 1);
    expect_store(BASE + P(1), 2);
    EXPECT_EQUAL(sys_mprotect(BASE, P(1), PROT_READ), 0);
    expect_store_fault(BASE, SIGSEGV, SEGV_ACCERR);
    expect_load(BASE, 1);
    EXPECT_EQUAL(sys_mprotect(BASE, P(1), PROT_NONE), 0);
    expect_load_fault(BASE, SIGSEGV, SEGV_ACCERR);
    EXPECT_EQUAL(sys_mprotect(BASE, P(1), RW), 0);
    expect_load(BASE, 1);
    expect_store(BASE, 3);
    int si_code = 0;
    int signo = host_fetch(BASE, &si_code);
    expect_fault(signo, SIGSEGV, SEGV_ACCERR, si_code);
    EXPECT_EQUAL(sys_mprotect(BASE, P(1), PROT_READ | PROT_EXEC), 0);
    EXPECT_EQUAL(host_fetch(BASE, &si_code), 0);
}

TEST(mprotect_refuses_what_the_man_page_says) {
    boot();
    map_at(BASE, P(2), RW);
    map_at(BASE + P(3), P(2), RW);
    EXPECT_EQUAL(sys_mprotect(BASE, P(5), PROT_READ), -ENOMEM);
    expect_store_fault(BASE + P(1), SIGSEGV, SEGV_ACCERR); // up to the hole it was done
    expect_store(BASE + P(3), 1);
    EXPECT_EQUAL(sys_mprotect(BASE + 1, P(1), PROT_READ), -EINVAL);
    EXPECT_EQUAL(sys_mprotect(BASE, P(1), 0x40), -EINVAL);
    EXPECT_EQUAL(sys_mprotect(BASE, 0, PROT_READ), 0);
    EXPECT_EQUAL(sys_mprotect(BASE, -1, PROT_READ), -ENOMEM);
    EXPECT_EQUAL(sys_mprotect(BASE + P(20), P(1), PROT_READ), -ENOMEM);
    EXPECT_EQUAL(sys_mprotect(BASE, P(1), RW | PROT_GROWSDOWN), -EINVAL);
}

TEST(making_a_shared_zero_page_writable_does_not_write_it) {
    boot();
    map_at(BASE, P(2), PROT_READ);
    expect_load(BASE, 0);
    expect_load(BASE + P(1), 0);
    EXPECT_EQUAL(sys_mprotect(BASE, P(2), RW), 0);
    expect_store(BASE, 8);
    expect_load(BASE + P(1), 0);
}
