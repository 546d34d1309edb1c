// pipe2(2). Both ends share an inode of their own, through which /proc/self/fd opens the pipe
// again.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "../fs/pipe.h"
#include "file.h"
#include "heap.h"
#include "syscall.h"
#include "vfs.h"

enum { PIPE_MINOR = 13, PIPE_MODE = S_IFIFO | 0600, KNOWN_FLAGS = O_CLOEXEC | O_NONBLOCK };

static void destroy(struct inode *inode) {
    heap_free(inode);
}

static const struct inode_ops pipe_inode_ops = {.open = fifo_open, .destroy = destroy};

static struct inode *new_inode(void) {
    static uint64_t made;
    struct inode *inode = heap_alloc_zeroed(sizeof(*inode));
    if (inode != NULL) {
        inode_init(inode, NULL, PIPE_MODE);
        inode->ops = &pipe_inode_ops;
        inode->device = DEVICE_NUMBER(0, PIPE_MINOR);
        inode->number = ++made;
    }
    return inode;
}

static void forget(struct file *file) {
    inode_release(file->inode);
}

static struct file *new_end(struct inode *inode, uint32_t flags) {
    static const struct file_ops no_ops;
    struct file *file = file_new(&no_ops, flags, NULL);
    if (file != NULL) {
        inode_hold(inode);
        file->inode = inode;
        file->forget = forget;
        pipe_attach(inode, file);
    }
    return file;
}

static int open_ends(struct file *ends[2], uint32_t flags) {
    struct inode *inode = new_inode();
    if (inode == NULL) {
        return -ENOMEM;
    }
    bool made = pipe_of(inode) != NULL;
    ends[0] = made ? new_end(inode, flags | O_RDONLY) : NULL;
    ends[1] = ends[0] != NULL ? new_end(inode, flags | O_WRONLY) : NULL;
    if (made && ends[0] == NULL) {
        pipe_discard(inode);
    }
    inode_release(inode);
    if (ends[1] == NULL && ends[0] != NULL) {
        file_release(ends[0]);
    }
    return ends[1] == NULL ? -ENFILE : 0;
}

SYSCALL(pipe2)(int __user *fds, int flags) {
    if ((flags & ~KNOWN_FLAGS) != 0) {
        return -EINVAL;
    }
    struct file *ends[2];
    int error = open_ends(ends, (uint32_t)flags & O_NONBLOCK);
    return error != 0 ? error : fd_install_pair(ends, fds, (flags & O_CLOEXEC) != 0);
}
