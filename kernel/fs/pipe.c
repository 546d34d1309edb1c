// The ring of a pipe, page by page: a page is there from its first byte written to its last byte
// read.
#include "pipe.h"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

#include "arch.h"
#include "file.h"
#include "heap.h"
#include "page.h"
#include "signal.h"
#include "string.h"
#include "usercopy.h"
#include "vfs.h"

static struct pipe *pipe_of_file(const struct file *file) {
    return file->inode->private;
}

static size_t used(const struct pipe *pipe) {
    return pipe_used(pipe);
}

static size_t room(const struct pipe *pipe) {
    return pipe_room(pipe);
}

static uint64_t *page_slot(const struct pipe *pipe, uint64_t position) {
    return &pipe->pages[(position & (pipe->size - 1)) >> PAGE_SHIFT];
}

static size_t until_page_end(uint64_t position) {
    return PAGE_SIZE - (position & ~PAGE_MASK);
}

static char *byte_at(const struct pipe *pipe, uint64_t position) {
    return (char *)pa_to_va(*page_slot(pipe, position)) + (position & ~PAGE_MASK);
}

// --- reading ------------------------------------------------------------------------------------

static void free_page(struct pipe *pipe, uint64_t position) {
    uint64_t *slot = page_slot(pipe, position);
    if (*slot != 0) {
        page_release(*slot);
        *slot = 0;
    }
}

char *pipe_first(const struct pipe *pipe, size_t *size_bytes) {
    *size_bytes = MIN(until_page_end(pipe->tail), used(pipe));
    return byte_at(pipe, pipe->tail);
}

void pipe_consume(struct pipe *pipe, size_t size_bytes) {
    uint64_t position = pipe->tail;
    pipe->tail += size_bytes;
    bool page_done = (pipe->tail & ~PAGE_MASK) == 0 && size_bytes > 0;
    if (page_done &&
        (used(pipe) == 0 || page_slot(pipe, position) != page_slot(pipe, pipe->head))) {
        free_page(pipe, position);
    }
}

size_t pipe_take(struct pipe *pipe, struct uio *to) {
    size_t done = 0;
    while (to->remaining > 0 && used(pipe) > 0) {
        size_t part;
        const char *bytes = pipe_first(pipe, &part);
        part = MIN(part, to->remaining);
        size_t moved = uio_write(to, bytes, part);
        pipe_consume(pipe, moved);
        done += moved;
        if (moved < part) {
            break;
        }
    }
    return done;
}

int pipe_wait_for_bytes(struct pipe *pipe, bool wait) {
    if (used(pipe) == 0 && pipe->writers > 0 && !wait) {
        return -EAGAIN;
    }
    return WAIT_EVENT(&pipe->readable, !pipe->spliced && (used(pipe) > 0 || pipe->writers == 0),
                      WAIT_FOREVER);
}

static ssize_t pipe_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct pipe *pipe = pipe_of_file(file);
    if (to->remaining == 0) {
        return 0;
    }
    int error = pipe_wait_for_bytes(pipe, (file->flags & O_NONBLOCK) == 0);
    if (error != 0 || used(pipe) == 0) {
        return error; // 0: nobody will ever write
    }
    size_t done = pipe_take(pipe, to);
    wait_wake(&pipe->writable, POLLOUT | POLLWRNORM);
    return done == 0 ? -EFAULT : (ssize_t)done;
}

// --- writing ------------------------------------------------------------------------------------

char *pipe_next(struct pipe *pipe, size_t *size_bytes) {
    uint64_t *slot = page_slot(pipe, pipe->head);
    if (*slot == 0) {
        *slot = page_alloc();
    }
    *size_bytes = MIN(until_page_end(pipe->head), room(pipe));
    return *slot == 0 ? NULL : byte_at(pipe, pipe->head);
}

int pipe_put(struct pipe *pipe, struct uio *from, size_t *done) {
    while (from->remaining > 0 && room(pipe) > 0) {
        size_t part;
        char *to = pipe_next(pipe, &part);
        if (to == NULL) {
            return -ENOMEM;
        }
        part = MIN(part, from->remaining);
        size_t moved = uio_read(from, to, part);
        pipe->head += moved;
        *done += moved;
        if (moved < part) {
            return -EFAULT;
        }
    }
    return 0;
}

int pipe_wait_for_room(struct pipe *pipe, size_t needed, bool wait) {
    bool full = pipe->readers > 0 && room(pipe) < needed;
    if (full && !wait) {
        return -EAGAIN;
    }
    int error =
        WAIT_EVENT(&pipe->writable, !pipe->spliced && (room(pipe) >= needed || pipe->readers == 0),
                   WAIT_FOREVER);
    if (error != 0) {
        return error;
    }
    return pipe->readers == 0 ? signal_broken_pipe() : 0;
}

static ssize_t pipe_write(struct file *file, struct uio *from, UNUSED off_t *offset) {
    struct pipe *pipe = pipe_of_file(file);
    size_t done = 0;
    int error = 0;
    while (error == 0 && from->remaining > 0) {
        // Up to PIPE_BUF bytes stay together, so they wait until there is room for all (pipe(7)).
        size_t needed = from->remaining <= PIPE_BUF ? from->remaining : 1;
        error = pipe_wait_for_room(pipe, needed, (file->flags & O_NONBLOCK) == 0);
        if (error == 0) {
            error = pipe_put(pipe, from, &done);
            wait_wake(&pipe->readable, POLLIN | POLLRDNORM);
        }
    }
    return done > 0 ? (ssize_t)done : error;
}

// --- the rest -----------------------------------------------------------------------------------

static bool reads(const struct file *file) {
    return (file->flags & O_ACCMODE) != O_WRONLY;
}

static bool writes(const struct file *file) {
    return (file->flags & O_ACCMODE) != O_RDONLY;
}

static uint32_t pipe_poll(struct file *file, struct poll_table *table) {
    struct pipe *pipe = pipe_of_file(file);
    uint32_t events = 0;
    if (reads(file)) {
        poll_add(table, &pipe->readable);
        events |= used(pipe) > 0 ? POLLIN | POLLRDNORM : 0;
        events |= pipe->writers == 0 && pipe->writer_count > 0 ? POLLHUP : 0;
    }
    if (writes(file)) {
        poll_add(table, &pipe->writable);
        events |= room(pipe) >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0;
        events |= pipe->readers == 0 ? POLLERR : 0;
    }
    return events;
}

static int pipe_ioctl(struct file *file, uint32_t command, uint64_t argument) {
    if (command != FIONREAD) {
        return -ENOTTY;
    }
    return put_user((int)used(pipe_of_file(file)), (int __user *)argument);
}

static void free_pages(const struct pipe *pipe) {
    for (size_t i = 0; i < pipe->size >> PAGE_SHIFT; i++) {
        if (pipe->pages[i] != 0) {
            page_release(pipe->pages[i]);
        }
    }
    heap_free(pipe->pages);
}

void pipe_discard(struct inode *inode) {
    struct pipe *pipe = inode->private;
    if (pipe->readers + pipe->writers == 0) {
        inode->private = NULL;
        free_pages(pipe);
        heap_free(pipe);
    }
}

static void pipe_release(struct file *file) {
    struct pipe *pipe = pipe_of_file(file);
    pipe->readers -= reads(file);
    pipe->writers -= writes(file);
    wait_wake(&pipe->readable, POLLIN | POLLRDNORM | POLLHUP);
    wait_wake(&pipe->writable, POLLOUT | POLLWRNORM | POLLERR);
    pipe_discard(file->inode);
}

static const struct file_ops pipe_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .release = pipe_release,
};

bool file_is_pipe(const struct file *file) {
    return file->ops == &pipe_ops;
}

struct pipe *pipe_of(struct inode *inode) {
    if (inode->private != NULL) {
        return inode->private;
    }
    struct pipe *pipe = heap_alloc_zeroed(sizeof(*pipe));
    if (pipe == NULL) {
        return NULL;
    }
    pipe->size = PIPE_DEFAULT_SIZE;
    pipe->pages = heap_alloc_zeroed((pipe->size >> PAGE_SHIFT) * sizeof(*pipe->pages));
    if (pipe->pages == NULL) {
        heap_free(pipe);
        return NULL;
    }
    wait_queue_init(&pipe->readable);
    wait_queue_init(&pipe->writable);
    inode->private = pipe;
    return pipe;
}

void pipe_attach(struct inode *inode, struct file *file) {
    struct pipe *pipe = inode->private;
    file->ops = &pipe_ops;
    pipe->readers += reads(file);
    pipe->writers += writes(file);
    pipe->reader_count += reads(file);
    pipe->writer_count += writes(file);
}

static bool copy_ring(struct pipe *to, struct pipe *from) {
    while (used(from) > 0) {
        uint64_t *slot = page_slot(to, to->head);
        if (*slot == 0) {
            *slot = page_alloc();
        }
        if (*slot == 0) {
            return false;
        }
        size_t part = MIN(MIN(until_page_end(from->tail), until_page_end(to->head)), used(from));
        memcpy(byte_at(to, to->head), byte_at(from, from->tail), part);
        to->head += part;
        from->tail += part;
    }
    return true;
}

int pipe_resize(struct pipe *pipe, size_t size_bytes) {
    if (used(pipe) > size_bytes || pipe->spliced) {
        return -EBUSY;
    }
    struct pipe new = {.size = size_bytes};
    new.pages = heap_alloc_zeroed((size_bytes >> PAGE_SHIFT) * sizeof(*new.pages));
    if (new.pages == NULL) {
        return -ENOMEM;
    }
    struct pipe old = *pipe;
    if (!copy_ring(&new, &old)) {
        free_pages(&new);
        return -ENOMEM;
    }
    free_pages(&old);
    pipe->pages = new.pages;
    pipe->size = new.size;
    pipe->head = new.head;
    pipe->tail = new.tail;
    wait_wake(&pipe->writable, POLLOUT | POLLWRNORM);
    return 0;
}
