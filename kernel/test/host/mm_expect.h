// What the tests of the memory manager share: the calls under test, and accesses by the app with
// what should come of them.
#pragma once

#include <asm/fcntl.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "arch.h"
#include "host_test.h"
#include "layout.h"
#include "page.h"
#include "thread.h"

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define P(n) ((n)*PAGE_SIZE)
#define BASE 0x10000000UL

long sys_mmap(long, long, long, long, long, long);
long sys_munmap(long, long);
long sys_mprotect(long, long, long);
long sys_mremap(long, long, long, long, long);
long sys_madvise(long, long, long);
long sys_mincore(long, long, long);
long sys_msync(long, long, long);
long sys_brk(long);
long sys_mlock(long, long);
long sys_mlockall(long);

static inline void boot(void) {
    host_boot(16384, 64);
}

static inline void expect_load(uint64_t address, uint64_t wanted) {
    uint64_t value;
    int si_code = 0;
    EXPECT_EQUAL(host_load(address, &value, &si_code), 0);
    EXPECT_EQUAL(value, wanted);
}

static inline void expect_store(uint64_t address, uint64_t value) {
    int si_code = 0;
    EXPECT_EQUAL(host_store(address, value, &si_code), 0);
}

static inline void expect_fault(int signo, int wanted, int wanted_code, int si_code) {
    EXPECT_EQUAL(signo, wanted);
    EXPECT_EQUAL(si_code, wanted_code);
}

static inline void expect_load_fault(uint64_t address, int signo, int code) {
    uint64_t value;
    int si_code = 0;
    int got = host_load(address, &value, &si_code);
    expect_fault(got, signo, code, si_code);
}

static inline void expect_store_fault(uint64_t address, int signo, int code) {
    int si_code = 0;
    int got = host_store(address, 1, &si_code);
    expect_fault(got, signo, code, si_code);
}

static inline long map_at(uint64_t address, uint64_t size, int prot) {
    return sys_mmap((long)address, (long)size, prot, ANON | MAP_FIXED, -1, 0);
}

static inline struct rlimit_k *limit(int resource) {
    return &process_current()->limits[resource];
}
