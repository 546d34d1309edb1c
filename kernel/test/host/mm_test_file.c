// Mappings of files.

#include "mm_expect.h"

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
