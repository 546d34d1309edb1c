// Behaviours of pages, heap, mappings and faults, one a test.

#include <asm/fcntl.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "arch.h"
#include "heap.h"
#include "host_test.h"
#include "layout.h"
#include "page.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "uio.h"
#include "usercopy.h"

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

static void boot(void) { host_boot(16384, 64); }

static void expect_load(uint64_t address, uint64_t wanted) {
    uint64_t value;
    int si_code = 0;
    EXPECT_EQUAL(host_load(address, &value, &si_code), 0);
    EXPECT_EQUAL(value, wanted);
}

static void expect_store(uint64_t address, uint64_t value) {
    int si_code = 0;
    EXPECT_EQUAL(host_store(address, value, &si_code), 0);
}

static void expect_fault(int signo, int wanted, int wanted_code, int si_code) {
    EXPECT_EQUAL(signo, wanted);
    EXPECT_EQUAL(si_code, wanted_code);
}

static void expect_load_fault(uint64_t address, int signo, int code) {
    uint64_t value;
    int si_code = 0;
    int got = host_load(address, &value, &si_code);
    expect_fault(got, signo, code, si_code);
}

static void expect_store_fault(uint64_t address, int signo, int code) {
    int si_code = 0;
    int got = host_store(address, 1, &si_code);
    expect_fault(got, signo, code, si_code);
}

static long map_at(uint64_t address, uint64_t size, int prot) {
    return sys_mmap((long)address, (long)size, prot, ANON | MAP_FIXED, -1, 0);
}

static struct rlimit_k *limit(int resource) { return &process_current()->limits[resource]; }

// --- pages and heap
// --------------------------------------------------------------------------------

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

// --- mmap
// ------------------------------------------------------------------------------------------

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

// --- files
// -----------------------------------------------------------------------------------------

TEST(a_private_file_mapping_copies_on_write) {
    boot();
    struct file *file = host_file(4, 100, O_RDWR);
    long address = sys_mmap(0, P(4), RW, MAP_PRIVATE, host_fd(file), 0);
    expect_load((uint64_t)address + P(1), 101);
    expect_store((uint64_t)address + P(1), 5);
    expect_store((uint64_t)address + P(2), 6);
    expect_load((uint64_t)address + P(1), 5);
    expect_load((uint64_t)address + P(2), 6);
    EXPECT_EQUAL(*host_file_word(file, 1), 101);
    EXPECT_EQUAL(*host_file_word(file, 2), 102);
    EXPECT_EQUAL(sys_madvise(address, P(4), MADV_DONTNEED), 0);
    expect_load((uint64_t)address + P(1), 101);
}

TEST(a_shared_file_mapping_is_the_file) {
    boot();
    struct file *file = host_file(4, 100, O_RDWR);
    int fd = host_fd(file);
    long one = sys_mmap(0, P(2), RW, MAP_SHARED, fd, P(1));
    long two = sys_mmap(0, P(4), PROT_READ, MAP_SHARED, fd, 0);
    expect_load((uint64_t)two + P(2), 102);
    expect_store((uint64_t)one + P(1), 9);
    expect_load((uint64_t)two + P(2), 9);
    EXPECT_EQUAL(*host_file_word(file, 2), 9);
    expect_store_fault((uint64_t)two, SIGSEGV, SEGV_ACCERR);
}

TEST(beyond_the_end_of_a_file_is_sigbus) {
    boot();
    long address = sys_mmap(0, P(4), RW, MAP_PRIVATE, host_fd(host_file(2, 1, O_RDWR)), 0);
    expect_load((uint64_t)address + P(1), 2);
    expect_load_fault((uint64_t)address + P(2), SIGBUS, BUS_ADRERR);
    expect_store_fault((uint64_t)address + P(3), SIGBUS, BUS_ADRERR);
}

TEST(image_pages_are_mapped_in_place_with_their_neighbours) {
    boot();
    uint64_t *bytes = (uint64_t *)host_ram;
    for (size_t i = 0; i < 32; i++) {
        bytes[i * PAGE_SIZE / 8] = 500 + i;
    }
    int fd = host_fd(host_image_file(HOST_RAM_PA, 32, O_RDWR));
    size_t before = host_used_pages();
    long text = sys_mmap(BASE, P(32), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    expect_load((uint64_t)text + P(3), 503);
    EXPECT_EQUAL(host_space()->resident_pages, 16);
    EXPECT(host_used_pages() <= before + 3);
    long data = sys_mmap(0, P(2), RW, MAP_PRIVATE, fd, P(4));
    expect_store((uint64_t)data, 1);
    expect_load((uint64_t)text + P(4), 504);
    expect_load((uint64_t)data, 1);
    // A shared mapping never has the image's own page.
    long shared = sys_mmap(0, P(2), RW, MAP_SHARED, fd, P(6));
    expect_store((uint64_t)shared, 2);
    EXPECT_EQUAL(bytes[6 * PAGE_SIZE / 8], 506);
}

TEST(a_truncated_file_loses_its_mapped_pages) {
    boot();
    struct file *file = host_file(4, 100, O_RDWR);
    static int inode;
    file->inode = (struct inode *)&inode;
    long address = sys_mmap(0, P(3), RW, MAP_SHARED, host_fd(file), P(1));
    expect_load((uint64_t)address + P(1), 102);
    EXPECT_EQUAL(host_space()->resident_pages, 1);
    vm_truncate(file->inode, 2);
    EXPECT_EQUAL(host_space()->resident_pages, 0);
}

// --- protection
// ------------------------------------------------------------------------------------

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

// --- the stack and the heap
// ------------------------------------------------------------------------

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

// --- mremap
// ----------------------------------------------------------------------------------------

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

// --- madvise, mincore, msync, mlock
// ----------------------------------------------------------------

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

// --- fork
// ------------------------------------------------------------------------------------------

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

// --- usercopy and uio
// ------------------------------------------------------------------------------

TEST(copies_stop_at_the_fault_and_at_the_kernel) {
    boot();
    map_at(BASE, P(1), RW);
    char bytes[64];
    memset(bytes, 'x', sizeof(bytes));
    void __user *edge = (void __user *)(BASE + P(1) - 16);
    EXPECT_EQUAL(copy_to_user(edge, bytes, 16), 0);
    EXPECT_EQUAL(copy_to_user(edge, bytes, 17), -EFAULT);
    EXPECT_EQUAL(copy_to_user_partial(edge, bytes, 32), 16);
    EXPECT_EQUAL(copy_from_user(bytes, user_pointer(DIRECT_MAP), 8), -EFAULT);
    EXPECT_EQUAL(copy_from_user(bytes, user_pointer(USER_END - 4), 8), -EFAULT);
    EXPECT_EQUAL(copy_from_user(bytes, user_pointer(UINT64_MAX), 8), -EFAULT);
    EXPECT_EQUAL(copy_from_user_partial(bytes, user_pointer(UINT64_MAX - 3), 8), 0);
    EXPECT_EQUAL(string_from_user(bytes, (const char __user *)edge, 8), -ENAMETOOLONG);
    EXPECT_EQUAL(string_from_user(bytes, (const char __user *)edge, 40), -EFAULT);
    EXPECT_EQUAL(put_user((char)0, (char __user *)(BASE + P(1) - 1)), 0);
    EXPECT_EQUAL(string_from_user(bytes, (const char __user *)edge, 40), 15);
}

TEST(uio_walks_its_vectors_and_stops_at_a_fault) {
    boot();
    map_at(BASE, P(1), RW);
    const struct iovec_k vectors[] = {{BASE, 3}, {0, 0}, {BASE + 100, 5}, {BASE + P(1) - 2, 10}};
    struct uio uio;
    uio_init_vectors(&uio, vectors, 4, 18);
    EXPECT_EQUAL(uio_write(&uio, "abcd", 4), 4);
    EXPECT_EQUAL(uio_write(&uio, "efghijklmnop", 12), 6);
    EXPECT_EQUAL(uio.remaining, 8);
    char back[8];
    EXPECT_EQUAL(copy_from_user(back, user_pointer(BASE + 100), 5), 0);
    EXPECT_EQUAL(memcmp(back, "defgh", 5), 0);
    uio_init_kernel(&uio, back, sizeof(back));
    EXPECT_EQUAL(uio_zero(&uio, 3), 3);
    EXPECT_EQUAL(uio_write(&uio, "0123456789", 10), 5);
    EXPECT_EQUAL(memcmp(back, "\0\0\00001234", 8), 0);
    uio_init_user(&uio, BASE + 100, 5);
    EXPECT_EQUAL(uio_read(&uio, back, 100), 5);
    EXPECT_EQUAL(uio_read(&uio, back, 100), 0);
}
