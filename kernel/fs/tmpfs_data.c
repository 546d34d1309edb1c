// The bytes of a file. A page is the image's own, in place, until somebody writes to it; then it is
// copied. Beyond that a file is sparse.
//
// Odd: behind the end of a file, in its last page, there are zeroes in a page of the file's own,
// but other things in a page of the image; so a file that grows takes its last page over first.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "arch.h"
#include "file.h"
#include "page.h"
#include "path.h"
#include "string.h"
#include "tmpfs.h"
#include "vm.h"

enum { RESERVE_SHIFT = 5 }; // files leave one part in 32 of the memory to programs and the kernel

static struct tmpfs_contents *contents(const struct inode *inode) {
    return &tmpfs_inode(inode)->contents;
}

static const char *image_page(const struct inode *inode, uint64_t index) {
    return (const char *)image_blob + inode->image->data_offset + (index << PAGE_SHIFT);
}

uint64_t tmpfs_page(const struct inode *inode, uint64_t index) {
    uint64_t value = page_map_get(&contents(inode)->pages, index);
    if (value == 0 && index < contents(inode)->image_pages) {
        return va_to_pa(image_page(inode, index));
    }
    return value == TMPFS_HOLE ? 0 : value;
}

static void copy_image_page(const struct inode *inode, uint64_t index, char *to) {
    uint64_t valid = MIN(inode->image->size_bytes - (index << PAGE_SHIFT), PAGE_SIZE);
    memcpy(to, image_page(inode, index), valid);
    memset(to + valid, 0, PAGE_SIZE - valid);
}

uint64_t tmpfs_own_page(struct inode *inode, uint64_t index) {
    struct page_map *pages = &contents(inode)->pages;
    uint64_t value = page_map_get(pages, index);
    if (value != 0 && value != TMPFS_HOLE) {
        return value;
    }
    bool from_image = value == 0 && index < contents(inode)->image_pages;
    uint64_t pa = page_free_count() > page_total_count() >> RESERVE_SHIFT ? page_alloc() : 0;
    if (pa == 0) {
        return 0;
    }
    if (page_map_set(pages, index, pa) != 0) {
        page_release(pa);
        return 0;
    }
    if (from_image) {
        copy_image_page(inode, index, pa_to_va(pa));
        vm_replace(inode, index, va_to_pa(image_page(inode, index)));
    } else {
        memset(pa_to_va(pa), 0, PAGE_SIZE);
        inode->blocks += SECTORS_PER_PAGE;
    }
    return pa;
}

// --- reading ------------------------------------------------------------------------------------

static size_t read_page(const struct inode *inode, struct uio *to, uint64_t at, size_t size) {
    uint64_t pa = tmpfs_page(inode, at >> PAGE_SHIFT);
    if (pa == 0) {
        return uio_zero(to, size);
    }
    return uio_write(to, (const char *)pa_to_va(pa) + (at & ~PAGE_MASK), size);
}

static ssize_t tmpfs_read(struct file *file, struct uio *to, off_t *offset) {
    const struct inode *inode = file->inode;
    inode_accessed(file);
    if (*offset >= inode->size) {
        return 0;
    }
    size_t wanted = MIN(to->remaining, (size_t)(inode->size - *offset));
    size_t done = 0;
    bool in_place = contents(inode)->pages.root == 0 && contents(inode)->image_pages > 0 &&
                    (uint64_t)inode->size <= inode->image->size_bytes;
    if (in_place) {
        done = uio_write(to, image_page(inode, 0) + *offset, wanted);
    }
    while (done < wanted && !in_place) {
        uint64_t at = (uint64_t)*offset + done;
        size_t part = MIN(PAGE_SIZE - (at & ~PAGE_MASK), wanted - done);
        size_t moved = read_page(inode, to, at, part);
        done += moved;
        if (moved < part) {
            break;
        }
    }
    *offset += (off_t)done;
    return done == 0 && wanted > 0 ? -EFAULT : (ssize_t)done;
}

// --- writing ------------------------------------------------------------------------------------

// The file grows: what lies behind its old end becomes part of it, and is zero.
static int clear_behind_end(struct inode *inode) {
    uint64_t used = (uint64_t)inode->size & ~PAGE_MASK;
    uint64_t index = (uint64_t)inode->size >> PAGE_SHIFT;
    if (used == 0 || tmpfs_page(inode, index) == 0) {
        return 0;
    }
    uint64_t pa = tmpfs_own_page(inode, index);
    if (pa == 0) {
        return -ENOSPC;
    }
    memset((char *)pa_to_va(pa) + used, 0, PAGE_SIZE - used);
    return 0;
}

static ssize_t write_pages(struct inode *inode, struct uio *from, uint64_t offset, size_t size) {
    size_t done = 0;
    while (done < size) {
        uint64_t at = offset + done;
        size_t part = MIN(PAGE_SIZE - (at & ~PAGE_MASK), size - done);
        bool is_new = tmpfs_page(inode, at >> PAGE_SHIFT) == 0;
        uint64_t pa = tmpfs_own_page(inode, at >> PAGE_SHIFT);
        size_t moved = pa == 0 ? 0 : uio_read(from, (char *)pa_to_va(pa) + (at & ~PAGE_MASK), part);
        done += moved;
        if (moved < part) {
            int error = pa == 0 ? -ENOSPC : -EFAULT;
            if (pa != 0 && moved == 0 && is_new) {
                (void)tmpfs_punch(inode, at >> PAGE_SHIFT, (at >> PAGE_SHIFT) + 1);
            }
            return done > 0 ? (ssize_t)done : error;
        }
    }
    return (ssize_t)done;
}

static ssize_t tmpfs_write(struct file *file, struct uio *from, off_t *offset) {
    struct inode *inode = file->inode;
    if (from->remaining == 0) {
        return 0;
    }
    if ((file->flags & O_APPEND) != 0) {
        *offset = inode->size;
    }
    size_t size = file_size_allowed(*offset, from->remaining);
    if (size == 0) {
        return -EFBIG;
    }
    int error = *offset > inode->size ? clear_behind_end(inode) : 0;
    ssize_t done = error != 0 ? error : write_pages(inode, from, (uint64_t)*offset, size);
    if (done > 0) {
        *offset += done;
        inode->size = MAX(inode->size, *offset);
        inode_drop_privileges(inode);
        inode_touch(inode, INODE_MTIME | INODE_CTIME);
    }
    return done;
}

// --- shortening ---------------------------------------------------------------------------------

static void drop_page(uint64_t value, void *context) {
    struct inode *inode = context;
    if (value != TMPFS_HOLE) {
        page_release(value);
        inode->blocks -= SECTORS_PER_PAGE;
    }
}

int tmpfs_punch(struct inode *inode, uint64_t first, uint64_t end) {
    struct tmpfs_contents *of = contents(inode);
    uint64_t image_end = MIN(end, of->image_pages);
    for (uint64_t i = first; i < image_end; i++) {
        inode->blocks -= page_map_get(&of->pages, i) == 0 ? SECTORS_PER_PAGE : 0;
    }
    page_map_clear(&of->pages, first, end, drop_page, inode);
    if (end >= of->image_pages) {
        of->image_pages = MIN(of->image_pages, first);
        return 0;
    }
    for (uint64_t i = first; i < image_end; i++) {
        if (page_map_set(&of->pages, i, TMPFS_HOLE) != 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

int tmpfs_truncate(struct inode *inode, off_t size) {
    off_t old_size = inode->size;
    if (size > old_size) {
        int error = clear_behind_end(inode);
        inode->size = error == 0 ? size : old_size;
        return error;
    }
    uint64_t page_count = PAGE_UP(size) >> PAGE_SHIFT;
    inode->size = size;
    int error = clear_behind_end(inode);
    if (error != 0) {
        inode->size = old_size;
        return error;
    }
    vm_truncate(inode, page_count);
    return tmpfs_punch(inode, page_count, UINT64_MAX);
}

void tmpfs_free_contents(struct inode *inode) {
    page_map_clear(&contents(inode)->pages, 0, UINT64_MAX, drop_page, inode);
}

// --- mapping ------------------------------------------------------------------------------------

static uint64_t page_for_mapping(struct file *file, uint64_t index, bool write) {
    struct inode *inode = file->inode;
    if (index >= PAGE_UP(inode->size) >> PAGE_SHIFT) {
        return 0;
    }
    uint64_t pa = write ? 0 : tmpfs_page(inode, index);
    if (pa == 0) {
        pa = tmpfs_own_page(inode, index);
    }
    if (pa != 0) {
        page_hold(pa);
    }
    return pa;
}

const struct file_ops tmpfs_file_ops = {
    .read = tmpfs_read,
    .write = tmpfs_write,
    .seek = tmpfs_seek,
    .page = page_for_mapping,
};
