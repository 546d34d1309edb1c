// A name for what a descriptor holds. Most open files came by a name and keep it. A pipe has an
// inode only; the console's files have neither, and get an inode that opens the same thing again.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "file.h"
#include "heap.h"
#include "path.h"

struct anonymous {
    struct inode inode;
    struct file *file;
};

// Like the anonymous inodes of Linux, what has a state of its own (epoll, timers) cannot be opened
// a second time.
static int anonymous_open(struct inode *inode, struct file *file) {
    const struct file *other = CONTAINER_OF(inode, struct anonymous, inode)->file;
    if (other->ops->release != NULL) {
        return -ENXIO;
    }
    uint32_t access = other->flags & O_ACCMODE;
    if (access != O_RDWR && access != (file->flags & O_ACCMODE)) {
        return -EACCES;
    }
    file->ops = other->ops;
    file->private = other->private;
    file->anonymous_mode = other->anonymous_mode;
    return 0;
}

static void anonymous_destroy(struct inode *inode) {
    struct anonymous *anonymous = CONTAINER_OF(inode, struct anonymous, inode);
    file_release(anonymous->file);
    heap_free(anonymous);
}

static const struct inode_ops anonymous_ops = {.open = anonymous_open,
                                               .destroy = anonymous_destroy};

static struct inode *anonymous_inode(struct file *file) {
    struct anonymous *anonymous = heap_alloc_zeroed(sizeof(*anonymous));
    if (anonymous == NULL) {
        return NULL;
    }
    inode_init(&anonymous->inode, NULL, file->anonymous_mode);
    anonymous->inode.ops = &anonymous_ops;
    anonymous->inode.number = 1;
    anonymous->file = file;
    file_hold(file);
    return &anonymous->inode;
}

int path_entry_of_file(struct file *file, struct path_entry **entry) {
    *entry = file->entry;
    if (file->entry != NULL) {
        path_entry_hold(file->entry);
        return 0;
    }
    struct inode *inode = file->inode;
    if (inode == NULL) {
        inode = anonymous_inode(file);
    } else {
        inode_hold(inode);
    }
    if (inode != NULL) {
        *entry = path_entry_new(NULL, "", 0, inode);
    }
    return *entry == NULL ? -ENOMEM : 0;
}

int path_entry_of_fd(int fd, struct path_entry **entry) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = path_entry_of_file(file, entry);
    file_release(file);
    return error;
}
