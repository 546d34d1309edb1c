// Opening a pipe by a name: fifo(7). Reading waits for a writer and writing for a reader, unless
// both come with one open or the caller will not wait.
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "file.h"
#include "pipe.h"
#include "vfs.h"

static int wait_for_writer(struct pipe *pipe, const struct file *file) {
    wait_wake(&pipe->writable, POLLOUT | POLLWRNORM);
    if (pipe->writers > 0 || (file->flags & O_NONBLOCK) != 0) {
        return 0;
    }
    uint32_t before = pipe->writer_count;
    return WAIT_EVENT(&pipe->readable, pipe->writer_count != before, WAIT_FOREVER);
}

static int wait_for_reader(struct pipe *pipe) {
    wait_wake(&pipe->readable, POLLIN | POLLRDNORM);
    if (pipe->readers > 0) {
        return 0;
    }
    uint32_t before = pipe->reader_count;
    return WAIT_EVENT(&pipe->writable, pipe->reader_count != before, WAIT_FOREVER);
}

int fifo_open(struct inode *inode, struct file *file) {
    uint32_t access = file->flags & O_ACCMODE;
    struct pipe *pipe = pipe_of(inode);
    if (pipe == NULL) {
        return -ENOMEM;
    }
    if (access == O_WRONLY && (file->flags & O_NONBLOCK) != 0 && pipe->readers == 0) {
        pipe_discard(inode);
        return -ENXIO;
    }
    pipe_attach(inode, file);
    int error = 0;
    if (access == O_RDONLY) {
        error = wait_for_writer(pipe, file);
    } else if (access == O_WRONLY) {
        error = wait_for_reader(pipe);
    }
    if (error != 0) {
        file->ops->release(file); // an open that fails is not released by its caller
    }
    return error;
}

static int open_node(struct file *file) {
    return fifo_open(file->inode, file);
}

DEVICE(fifo) = {0, NULL, S_IFIFO, open_node};
