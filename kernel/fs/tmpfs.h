// The one writable file system: everything in memory, and below that the image's tree, which a
// directory takes over when it is first looked into and a file page by page as it is written.
#pragma once

#include "image.h"
#include "list.h"
#include "page_map.h"
#include "tree.h"
#include "types.h"
#include "vfs.h"

enum { SECTORS_PER_PAGE = PAGE_SIZE / 512, DIRECTORY_SIZE = 4096 };

struct tmpfs_directory {
    struct tree names; // struct tmpfs_name by name
    struct list order; // the same by cookie, for readdir
    off_t next_cookie;
    size_t count;
    bool populated; // the image's names are in
};

struct tmpfs_contents {
    struct page_map pages; // the file's own: physical addresses, or TMPFS_HOLE
    uint64_t image_pages;  // so many of the first are the image's where `pages` has none
};
// In place of a page that the image has, but the file no more.
#define TMPFS_HOLE 1UL

struct tmpfs_inode {
    struct inode inode;
    union {
        struct tmpfs_directory directory;
        struct tmpfs_contents contents;
        const char *target; // a symlink's, NUL-terminated
    };
};

struct tmpfs_name {
    struct tree_node tree;
    struct list node;
    struct inode *inode; // one reference; NULL: nobody has looked at what the image has here
    const struct image_node *image;
    off_t cookie; // readdir's position: grows, and stays when other names go
    size_t length;
    const char *name; // the image's, or own_name
    char own_name[];
};

static inline struct tmpfs_inode *tmpfs_inode(const struct inode *inode) {
    return CONTAINER_OF(inode, struct tmpfs_inode, inode);
}

// tmpfs_inode.c: one reference, or NULL.
struct inode *tmpfs_inode_new(const struct inode *dir, mode_t mode);
struct inode *tmpfs_inode_of_image(const struct image_node *node);
uint64_t tmpfs_image_number(const struct image_node *node);

// tmpfs_names.c
MUST_USE int tmpfs_populate(struct inode *dir);
struct tmpfs_name *tmpfs_find(struct inode *dir, const char *name,
                              size_t length); // in a populated directory
MUST_USE struct inode *
tmpfs_name_inode(struct tmpfs_name *name); // without a reference; NULL: no memory
// Not yet in a directory.
MUST_USE struct tmpfs_name *tmpfs_name_new(const char *name, size_t length);
void tmpfs_add(struct inode *dir, struct tmpfs_name *name);
void tmpfs_remove(struct inode *dir,
                  struct tmpfs_name *name); // frees it; its inode's reference is the caller's

// tmpfs_data.c: the pages of a file.
extern const struct file_ops tmpfs_file_ops;
MUST_USE int tmpfs_truncate(struct inode *inode, off_t size);
void tmpfs_free_contents(struct inode *inode);
// Physical address of the page, 0: a hole. No reference.
uint64_t tmpfs_page(const struct inode *inode, uint64_t index);
// The same, made the file's own. 0: no room.
uint64_t tmpfs_own_page(struct inode *inode, uint64_t index);
MUST_USE int tmpfs_punch(struct inode *inode, uint64_t first,
                         uint64_t end); // page indexes; they become holes
// The first index at or above which is data, or a hole.
uint64_t tmpfs_next(const struct inode *inode, uint64_t index, bool data);

// tmpfs_inode.c, tmpfs_seek.c, tmpfs_space.c
extern const struct inode_ops tmpfs_regular_ops;
off_t tmpfs_seek(struct file *file, off_t offset, int whence);
void tmpfs_statfs(const struct inode *inode, struct statfs *space);

// Any kind of inode of this file system.
static inline bool tmpfs_has(const struct inode *inode) {
    return inode->ops->statfs == tmpfs_statfs;
}

// tmpfs_directory.c
extern const struct inode_ops tmpfs_directory_ops;
// The name takes over the caller's reference to the inode when it succeeds.
MUST_USE int tmpfs_name_add(struct inode *dir, const char *name, size_t length,
                            struct inode *inode);
// The same for a new inode, whose reference is taken anyway; *result gets another.
MUST_USE int tmpfs_name_add_new(struct inode *dir, const char *name, size_t length,
                                struct inode *inode, struct inode **result);
// tmpfs_link.c
int tmpfs_symlink(struct inode *dir, const char *name, size_t length, const char *target,
                  struct inode **result);
