// The descriptor table itself, for what manipulates descriptors (dup, fcntl, close_range, fork).
// Most code needs file.h only.
#pragma once

#include "file.h"
#include "set.h"
#include "types.h"

struct fd_slot {
    struct file *file; // NULL: free
    bool close_on_exec;
};

struct fd_table {
    uint32_t references;
    size_t capacity;
    size_t first_free; // no lower descriptor is free
    struct fd_slot *slots;
};

// The current process's descriptor; NULL: EBADF. The pointer holds until the table changes.
struct fd_slot *fd_slot(int fd);
MUST_USE int fd_reserve(struct fd_table *table,
                        size_t count); // slots 0 .. count - 1 exist; 0 or -ENOMEM
MUST_USE struct fd_table *
fd_table_copy(struct fd_table *from); // fork: the same files, a table of its own
void fd_table_release(struct fd_table *table);

// A descriptor is going: POSIX record locks, epoll ... `file` still has a reference.
typedef void (*fd_close_fn)(struct file *file);
#define FD_CLOSE_HOOK(order, function)                                                             \
    SET_ENTRY(fd_close, order, fd_close_fn, close_##function) = function
void fd_closing(struct file *file);
