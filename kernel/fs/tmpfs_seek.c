// Positions in a file, and where its data and holes are (lseek(2): a file ends with a hole).
#include <asm/errno.h>
#include <linux/fs.h>

#include "file.h"
#include "path.h"
#include "tmpfs.h"

uint64_t tmpfs_next(const struct inode *inode, uint64_t index, bool data) {
    const struct tmpfs_contents *contents = &tmpfs_inode(inode)->contents;
    while ((tmpfs_page(inode, index) != 0) != data) {
        uint64_t next = index + 1;
        if (data && next >= contents->image_pages) {
            next = page_map_next(&contents->pages, next);
        }
        if (next == UINT64_MAX) {
            return next;
        }
        index = next;
    }
    return index;
}

off_t tmpfs_seek(struct file *file, off_t offset, int whence) {
    const struct inode *inode = file->inode;
    if (whence != SEEK_DATA && whence != SEEK_HOLE) {
        return file_seek(file, offset, whence, inode->size);
    }
    if (offset < 0 || offset >= inode->size) {
        return -ENXIO;
    }
    uint64_t index = (uint64_t)offset >> PAGE_SHIFT;
    uint64_t found = tmpfs_next(inode, index, whence == SEEK_DATA);
    uint64_t position =
        found >= PAGE_UP(inode->size) >> PAGE_SHIFT ? (uint64_t)inode->size : found << PAGE_SHIFT;
    if (whence == SEEK_DATA && position == (uint64_t)inode->size) {
        return -ENXIO;
    }
    file->offset = found == index ? offset : (off_t)position;
    return file->offset;
}
