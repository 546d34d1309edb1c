// Inodes of the memory file system, new or from the image. Inode numbers of what the image has are
// fixed: boot makes no inode before somebody asks for it, and a number must not depend on who asked
// first.
#include <asm/errno.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "heap.h"
#include "image.h"
#include "page_map.h"
#include "path.h"
#include "string.h"
#include "tmpfs.h"

enum { FIRST_NUMBER = 2, DEVICE_MINOR = 25 };

static uint64_t made; // inodes made since boot

uint64_t tmpfs_image_number(const struct image_node *node) {
    return (uint64_t)(node - image_node(0)) + FIRST_NUMBER;
}

// --- regular files ------------------------------------------------------------------------------

static int open_regular(UNUSED struct inode *inode, struct file *file) {
    file->ops = &tmpfs_file_ops;
    return 0;
}

static void destroy_regular(struct inode *inode) {
    tmpfs_free_contents(inode);
    heap_free(tmpfs_inode(inode));
}

const struct inode_ops tmpfs_regular_ops = {
    .truncate = tmpfs_truncate,
    .open = open_regular,
    .statfs = tmpfs_statfs,
    .destroy = destroy_regular,
};

// --- symbolic links -----------------------------------------------------------------------------

static ssize_t read_link(struct inode *inode, char *buffer, size_t size_bytes) {
    size_t length = MIN((size_t)inode->size, size_bytes);
    memcpy(buffer, tmpfs_inode(inode)->target, length);
    return (ssize_t)length;
}

static void destroy_link(struct inode *inode) {
    if (inode->image == NULL) {
        heap_free((char *)tmpfs_inode(inode)->target);
    }
    heap_free(tmpfs_inode(inode));
}

static const struct inode_ops link_ops = {
    .readlink = read_link,
    .statfs = tmpfs_statfs,
    .destroy = destroy_link,
};

// --- devices, pipes, sockets --------------------------------------------------------------------

static void destroy_special(struct inode *inode) {
    heap_free(tmpfs_inode(inode));
}

static const struct inode_ops special_ops = {
    .open = device_open,
    .statfs = tmpfs_statfs,
    .destroy = destroy_special,
};

// --- all of them --------------------------------------------------------------------------------

static const struct inode_ops *ops_of(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return &tmpfs_directory_ops;
    case S_IFREG:
        return &tmpfs_regular_ops;
    case S_IFLNK:
        return &link_ops;
    default:
        return &special_ops;
    }
}

static struct tmpfs_inode *allocate(mode_t mode) {
    struct tmpfs_inode *made_inode = heap_alloc_zeroed(sizeof(*made_inode));
    if (made_inode == NULL) {
        return NULL;
    }
    struct inode *inode = &made_inode->inode;
    inode->references = 1;
    inode->mode = mode;
    inode->ops = ops_of(mode);
    inode->device = DEVICE_NUMBER(0, DEVICE_MINOR);
    if (S_ISDIR(mode)) {
        list_init(&made_inode->directory.order);
        inode->size = DIRECTORY_SIZE;
        inode->blocks = SECTORS_PER_PAGE;
    }
    return made_inode;
}

struct inode *tmpfs_inode_new(const struct inode *dir, mode_t mode) {
    struct tmpfs_inode *new = allocate(mode);
    if (new == NULL) {
        return NULL;
    }
    inode_init(&new->inode, dir, mode);
    new->inode.device = dir != NULL ? dir->device : new->inode.device;
    new->inode.number = FIRST_NUMBER + image_blob->node_count + made++;
    if (S_ISDIR(mode)) {
        new->inode.links = 2;
        new->directory.populated = true;
    }
    return &new->inode;
}

static uint32_t subdirectories(const struct image_node *node) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->node_count; i++) {
        count += S_ISDIR(image_node(node->node_first + i)->mode);
    }
    return count;
}

static void fill_contents(struct tmpfs_inode *new, const struct image_node *node) {
    struct inode *inode = &new->inode;
    switch (node->mode & S_IFMT) {
    case S_IFDIR:
        inode->links = 2 + subdirectories(node);
        break;
    case S_IFREG:
        inode->size = (off_t)node->size_bytes;
        new->contents.image_pages = PAGE_UP(node->size_bytes) >> PAGE_SHIFT;
        inode->blocks = new->contents.image_pages *SECTORS_PER_PAGE;
        break;
    case S_IFLNK:
        inode->size = (off_t)node->size_bytes;
        new->target = (const char *)image_blob + node->data_offset;
        break;
    default:
        inode->rdev = node->rdev;
    }
}

struct inode *tmpfs_inode_of_image(const struct image_node *node) {
    struct tmpfs_inode *new = allocate(node->mode);
    if (new == NULL) {
        return NULL;
    }
    struct inode *inode = &new->inode;
    int64_t time = (int64_t)(node->mtime_ns != 0 ? node->mtime_ns : image_blob->realtime_ns);
    inode->image = node;
    inode->number = tmpfs_image_number(node);
    inode->uid = node->uid;
    inode->gid = node->gid;
    inode->links = 1;
    inode->atime_ns = inode->mtime_ns = inode->ctime_ns = inode->btime_ns = time;
    fill_contents(new, node);
    return inode;
}
