// Pipes and FIFOs (pipe(7)): one ring of bytes, found through the inode that both ends share.
#pragma once

#include "types.h"
#include "wait.h"

struct file;
struct inode;
struct uio;

enum { PIPE_DEFAULT_SIZE = 65536, PIPE_UNPRIVILEGED_MAX = 1 << 20 };

struct pipe {
    struct wait_queue readable, writable; // and who waits in open(2) for the other end
    uint32_t readers, writers;            // open files
    uint32_t reader_count,
        writer_count;    // opened since the beginning: an open that has come and gone counts
    uint64_t head, tail; // bytes written and read since the beginning
    size_t size;         // capacity in bytes, a power of two
    uint64_t *pages;     // size / PAGE_SIZE physical addresses; 0: nothing there now
    bool spliced;        // splice(2) moves its bytes and may sleep: everybody else waits
};

static inline size_t pipe_used(const struct pipe *pipe) {
    return pipe->head - pipe->tail;
}
static inline size_t pipe_room(const struct pipe *pipe) {
    return pipe->size - pipe_used(pipe);
}
// Both give -ERESTARTSYS, or -EAGAIN when they would wait and may not. Nobody left to write: 0;
// nobody left to read: SIGPIPE and -EPIPE.
MUST_USE int pipe_wait_for_bytes(struct pipe *pipe, bool wait);
MUST_USE int pipe_wait_for_room(struct pipe *pipe, size_t needed, bool wait);
// What fits or is there now. pipe_put gives 0, -ENOMEM or -EFAULT; *done grows by what went over.
// Who waits on the other side is the caller's to wake.
size_t pipe_take(struct pipe *pipe, struct uio *to);
MUST_USE int pipe_put(struct pipe *pipe, struct uio *from, size_t *done);
// The ring itself: bytes that lie together, to be read before pipe_consume, or to be written before
// `head` moves on. NULL: no memory.
char *pipe_first(const struct pipe *pipe, size_t *size_bytes);
void pipe_consume(struct pipe *pipe, size_t size_bytes);
char *pipe_next(struct pipe *pipe, size_t *size_bytes);

// The inode's pipe, made when nobody has it open; inode->private. NULL: no memory.
struct pipe *pipe_of(struct inode *inode);
void pipe_discard(struct inode *inode); // when no end has been attached
// One more end as file->flags say: file->ops and counters. The pipe goes with the last one.
void pipe_attach(struct inode *inode, struct file *file);
MUST_USE int pipe_resize(struct pipe *pipe, size_t size_bytes); // 0, -EBUSY, -ENOMEM
bool file_is_pipe(const struct file *file);
// fs/fifo.c: waits for the other end, as fifo(7) has it.
int fifo_open(struct inode *inode, struct file *file);
