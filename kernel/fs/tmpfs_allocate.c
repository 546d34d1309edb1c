// fallocate(2).
#include <asm/errno.h>
#include <linux/falloc.h>

#include "arch.h"
#include "path.h"
#include "string.h"
#include "tmpfs.h"
#include "vm.h"

// Zeroes a part of one page, if the page has anything.
static int clear_part(struct inode *inode, uint64_t start, uint64_t end) {
    uint64_t index = start >> PAGE_SHIFT;
    if (start == end || tmpfs_page(inode, index) == 0) {
        return 0;
    }
    uint64_t pa = tmpfs_own_page(inode, index);
    if (pa == 0) {
        return -ENOSPC;
    }
    memset((char *)pa_to_va(pa) + (start & ~PAGE_MASK), 0, end - start);
    return 0;
}

static void unmap(struct inode *inode, uint64_t first) {
    vm_truncate(inode, first); // more than has to go; what is left comes back when it is touched
}

static int clear_range(struct inode *inode, uint64_t start, uint64_t end) {
    uint64_t first = PAGE_UP(start);
    uint64_t last = PAGE_DOWN(end);
    if (first > last) {
        return clear_part(inode, start, end);
    }
    int error = clear_part(inode, start, first);
    error = error != 0 ? error : clear_part(inode, last, end);
    if (error == 0 && first < last) {
        unmap(inode, first >> PAGE_SHIFT);
        error = tmpfs_punch(inode, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
    }
    return error;
}

static int fill(struct inode *inode, uint64_t start, uint64_t end) {
    for (uint64_t index = start >> PAGE_SHIFT; index < PAGE_UP(end) >> PAGE_SHIFT; index++) {
        if (tmpfs_page(inode, index) == 0 && tmpfs_own_page(inode, index) == 0) {
            return -ENOSPC;
        }
    }
    return 0;
}

static int allocate(struct inode *inode, int mode, off_t offset, off_t length) {
    off_t end = offset + length;
    int error = 0;
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) != 0) {
        return -EOPNOTSUPP; // as Linux's tmpfs
    }
    if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) {
        error = clear_range(inode, (uint64_t)offset, (uint64_t)end);
    }
    if (error == 0 && (mode & FALLOC_FL_PUNCH_HOLE) == 0) {
        error = fill(inode, (uint64_t)offset, (uint64_t)end);
        if (error == 0 && (mode & FALLOC_FL_KEEP_SIZE) == 0 && end > inode->size) {
            error = inode_truncate(inode, end);
        }
    }
    if (error == 0) {
        inode_touch(inode, INODE_MTIME | INODE_CTIME);
    }
    return error;
}

INODE_EXTRA(tmpfs_allocate) = {.of = &tmpfs_regular_ops, .allocate = allocate};
