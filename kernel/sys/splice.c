// splice(2), tee(2), vmsplice(2). Bytes are copied where Linux hands pages over; the program sees
// the difference only if it goes on writing to memory that it has given away by vmsplice.
//
// The other side of a pipe may sleep (a terminal, a socket) while bytes of the ring are under way:
// `spliced` keeps everybody else out of the ring, as the pipe's mutex does in Linux.
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "../fs/pipe.h"
#include "file.h"
#include "syscall.h"
#include "usercopy.h"
#include "vectors.h"
#include "vfs.h"

// splice(2)'s flags; libc has them, not <linux/...>. All but NONBLOCK are hints.
enum { SPLICE_F_NONBLOCK = 2, SPLICE_FLAGS = 15 };

NEEDS_CONSOLE_INPUT;

static struct pipe *pipe_of_file(const struct file *file) {
    return file_is_pipe(file) ? file->inode->private : NULL;
}

static bool may_read(const struct file *file) {
    return (file->flags & O_ACCMODE) != O_WRONLY && (file->flags & O_PATH) == 0;
}

static bool may_write(const struct file *file) {
    return (file->flags & O_ACCMODE) != O_RDONLY && (file->flags & O_PATH) == 0;
}

// Directories and the kernel's event objects, which have no type, neither give nor take.
static bool can_splice(const struct file *file) {
    mode_t mode = file->inode != NULL ? file->inode->mode : file->anonymous_mode;
    return (mode & S_IFMT) != 0 && !S_ISDIR(mode);
}

static void wake_readers(struct pipe *pipe) {
    wait_wake(&pipe->readable, POLLIN | POLLRDNORM);
}

static void wake_writers(struct pipe *pipe) {
    wait_wake(&pipe->writable, POLLOUT | POLLWRNORM);
}

static void lock(struct pipe *pipe) {
    pipe->spliced = true;
}

static void unlock(struct pipe *pipe) {
    pipe->spliced = false;
    wake_readers(pipe);
    wake_writers(pipe);
}

// --- between a pipe and a file ------------------------------------------------------------------

// What the pipe has now.
static ssize_t drain(struct pipe *pipe, struct file *to, off_t *offset, size_t size_bytes) {
    size_t done = 0;
    ssize_t put = 1;
    while (done < size_bytes && put > 0 && pipe_used(pipe) > 0) {
        size_t part;
        struct uio uio;
        char *bytes = pipe_first(pipe, &part);
        uio_init_kernel(&uio, bytes, MIN(part, size_bytes - done));
        put = file_write(to, &uio, offset);
        pipe_consume(pipe, put > 0 ? (size_t)put : 0);
        done += put > 0 ? (size_t)put : 0;
    }
    return done > 0 ? (ssize_t)done : put;
}

static ssize_t pipe_to_file(struct pipe *pipe, struct file *to, off_t *offset, size_t size_bytes,
                            bool wait) {
    if (!can_splice(to) || to->ops->write == NULL || (to->flags & O_APPEND) != 0) {
        return -EINVAL;
    }
    int error = pipe_wait_for_bytes(pipe, wait);
    if (error != 0 || pipe_used(pipe) == 0) {
        return error;
    }
    lock(pipe);
    ssize_t done = drain(pipe, to, offset, size_bytes);
    unlock(pipe);
    return done;
}

static ssize_t fill(struct pipe *pipe, struct file *from, off_t *offset, size_t size_bytes) {
    size_t done = 0;
    bool more = true;
    while (more && done < size_bytes && pipe_room(pipe) > 0) {
        size_t part;
        struct uio uio;
        char *to = pipe_next(pipe, &part);
        part = MIN(part, size_bytes - done);
        ssize_t got = -ENOMEM;
        if (to != NULL) {
            uio_init_kernel(&uio, to, part);
            got = file_read(from, &uio, offset);
        }
        if (got <= 0) {
            return done > 0 ? (ssize_t)done : got;
        }
        pipe->head += (size_t)got;
        done += (size_t)got;
        more = (size_t)got == part; // a terminal gives a line, and the next read would wait
    }
    return (ssize_t)done;
}

static ssize_t file_to_pipe(struct file *from, off_t *offset, struct pipe *pipe, size_t size_bytes,
                            bool wait) {
    if (!can_splice(from) || from->ops->read == NULL) {
        return -EINVAL;
    }
    int error = pipe_wait_for_room(pipe, 1, wait);
    if (error != 0) {
        return error;
    }
    lock(pipe);
    ssize_t done = fill(pipe, from, offset, size_bytes);
    unlock(pipe);
    return done;
}

// --- between pipes ------------------------------------------------------------------------------

// Until both have something to do, neither having slept since.
static int wait_for_both(struct pipe *from, struct pipe *to, bool wait) {
    for (;;) {
        int error = pipe_wait_for_room(to, 1, wait);
        error = error != 0 ? error : pipe_wait_for_bytes(from, wait);
        bool ready = pipe_room(to) > 0 && !to->spliced && to->readers > 0;
        if (error != 0 || ready) {
            return error;
        }
    }
}

// `position` moves through what `from` has.
static size_t copy_ring(struct pipe *from, struct pipe *to, size_t size_bytes, bool consume) {
    size_t done = 0;
    struct pipe view = *from; // tee's reading leaves no trace
    while (done < size_bytes && pipe_used(&view) > 0 && pipe_room(to) > 0) {
        size_t part;
        struct uio uio;
        size_t put = 0;
        char *bytes = pipe_first(&view, &part);
        uio_init_kernel(&uio, bytes, MIN(part, size_bytes - done));
        int error = pipe_put(to, &uio, &put);
        done += put;
        view.tail += put;
        if (consume) {
            pipe_consume(from, put);
        }
        if (error != 0) {
            break;
        }
    }
    return done;
}

static ssize_t pipe_to_pipe(struct pipe *from, struct pipe *to, size_t size_bytes, bool wait,
                            bool consume) {
    int error = wait_for_both(from, to, wait);
    if (error != 0 || pipe_used(from) == 0) {
        return error;
    }
    size_t done = copy_ring(from, to, size_bytes, consume);
    wake_readers(to);
    if (consume) {
        wake_writers(from);
    }
    return done == 0 ? -ENOMEM : (ssize_t)done;
}

// --- the calls ----------------------------------------------------------------------------------

struct side {
    struct file *file;
    struct pipe *pipe; // NULL: it is none
    off_t __user *user_offset;
    off_t offset;
};

static int read_offset(struct side *side) {
    side->offset = side->file->offset;
    if (side->user_offset == NULL) {
        return 0;
    }
    if (side->pipe != NULL) {
        return -ESPIPE;
    }
    return get_user(side->offset, side->user_offset) != 0 ? -EFAULT : 0;
}

static int check_offset(const struct side *side) {
    if (side->user_offset == NULL || side->pipe != NULL) {
        return 0;
    }
    return side->file->ops->seek == NULL || side->offset < 0 ? -EINVAL : 0;
}

static int write_offset(const struct side *side) {
    if (side->user_offset != NULL) {
        return put_user(side->offset, side->user_offset) != 0 ? -EFAULT : 0;
    }
    side->file->offset = side->offset;
    return 0;
}

static ssize_t move(struct side *in, struct side *out, size_t size_bytes, bool wait) {
    bool in_waits = wait && (in->file->flags & O_NONBLOCK) == 0;
    bool out_waits = wait && (out->file->flags & O_NONBLOCK) == 0;
    if (in->pipe != NULL && out->pipe != NULL) {
        return in->pipe == out->pipe
                   ? -EINVAL
                   : pipe_to_pipe(in->pipe, out->pipe, size_bytes, in_waits && out_waits, true);
    }
    if (in->pipe != NULL) {
        return pipe_to_file(in->pipe, out->file, &out->offset, size_bytes, in_waits);
    }
    return file_to_pipe(in->file, &in->offset, out->pipe, size_bytes, out_waits);
}

static ssize_t splice_sides(struct side *in, struct side *out, size_t size_bytes, bool wait) {
    int error = read_offset(out);
    error = error != 0 ? error : read_offset(in);
    if (error != 0) {
        return error;
    }
    if (!may_read(in->file) || !may_write(out->file)) {
        return -EBADF;
    }
    error = check_offset(in);
    error = error != 0 ? error : check_offset(out);
    if (error != 0 || (in->pipe == NULL && out->pipe == NULL)) {
        return -EINVAL;
    }
    ssize_t done = move(in, out, size_bytes, wait);
    error = in->pipe == NULL ? write_offset(in) : 0;
    error = error == 0 && out->pipe == NULL ? write_offset(out) : error;
    return error != 0 ? error : done;
}

static void release(struct file *file) {
    if (file != NULL) {
        file_release(file);
    }
}

SYSCALL(splice)
(int fd_in, off_t __user *off_in, int fd_out, off_t __user *off_out, size_t len,
 unsigned int flags) {
    if (len == 0) {
        return 0;
    }
    if ((flags & ~(unsigned)SPLICE_FLAGS) != 0) {
        return -EINVAL;
    }
    struct side in = {.file = fd_get(fd_in), .user_offset = off_in};
    struct side out = {.file = fd_get(fd_out), .user_offset = off_out};
    ssize_t done = -EBADF;
    if (in.file != NULL && out.file != NULL) {
        in.pipe = pipe_of_file(in.file);
        out.pipe = pipe_of_file(out.file);
        done = splice_sides(&in, &out, len, (flags & SPLICE_F_NONBLOCK) == 0);
    }
    release(in.file);
    release(out.file);
    return done;
}

static ssize_t tee_files(const struct file *in, const struct file *out, size_t len, bool wait) {
    if (!may_read(in) || !may_write(out)) {
        return -EBADF;
    }
    struct pipe *from = pipe_of_file(in);
    struct pipe *to = pipe_of_file(out);
    if (from == NULL || to == NULL || from == to) {
        return -EINVAL;
    }
    bool both_wait = wait && ((in->flags | out->flags) & O_NONBLOCK) == 0;
    return pipe_to_pipe(from, to, len, both_wait, false);
}

SYSCALL(tee)(int fdin, int fdout, size_t len, unsigned int flags) {
    if ((flags & ~(unsigned)SPLICE_FLAGS) != 0) {
        return -EINVAL;
    }
    if (len == 0) {
        return 0;
    }
    struct file *in = fd_get(fdin);
    struct file *out = fd_get(fdout);
    ssize_t done = -EBADF;
    if (in != NULL && out != NULL) {
        done = tee_files(in, out, len, (flags & SPLICE_F_NONBLOCK) == 0);
    }
    release(in);
    release(out);
    return done;
}

// --- vmsplice -----------------------------------------------------------------------------------

static ssize_t memory_to_pipe(struct pipe *pipe, struct uio *from, bool wait) {
    int error = pipe_wait_for_room(pipe, 1, wait);
    size_t done = 0;
    if (error == 0) {
        error = pipe_put(pipe, from, &done);
        wake_readers(pipe);
    }
    return done > 0 ? (ssize_t)done : error;
}

static ssize_t pipe_to_memory(struct pipe *pipe, struct uio *to, bool wait) {
    int error = pipe_wait_for_bytes(pipe, wait);
    if (error != 0 || pipe_used(pipe) == 0) {
        return error;
    }
    size_t done = pipe_take(pipe, to);
    wake_writers(pipe);
    return done == 0 ? -EFAULT : (ssize_t)done;
}

static ssize_t splice_memory(const struct file *file, const struct iovec __user *iov, size_t count,
                             bool wait) {
    struct vectors vectors;
    struct uio uio;
    ssize_t done = vectors_read(&vectors, iov, count);
    struct pipe *pipe = pipe_of_file(file);
    if (done == 0 && vectors.total > 0) {
        uio_init_vectors(&uio, vectors.items, vectors.count, vectors.total);
        done = -EBADF;
        if (pipe != NULL) {
            done = may_write(file) ? memory_to_pipe(pipe, &uio, wait)
                                   : pipe_to_memory(pipe, &uio, wait);
        }
    }
    vectors_free(&vectors);
    return done;
}

SYSCALL(vmsplice)
(int fd, const struct iovec __user *iov, unsigned long nr_segs, unsigned int flags) {
    if ((flags & ~(unsigned)SPLICE_FLAGS) != 0) {
        return -EINVAL;
    }
    struct file *file = fd_get(fd);
    ssize_t done = -EBADF;
    if (file != NULL && (file->flags & O_PATH) == 0) {
        done = splice_memory(file, iov, nr_segs, (flags & SPLICE_F_NONBLOCK) == 0);
    }
    release(file);
    return done;
}
