// Open files and descriptors. A file is an operations table and a wait queue; sockets will be one
// more kind.
#pragma once

#include "list.h"
#include "set.h"
#include "types.h"
#include "uio.h"
#include "wait.h"

struct file;
struct inode;
struct path_entry;
struct process;
struct stat_k;

// Where directory entries go. `emit` returns false when there is no room for this one.
struct dir_sink {
    bool (*emit)(struct dir_sink *sink, const char *name, size_t length, uint64_t inode_number,
                 uint8_t type, off_t next);
};

struct file_ops {
    // Bytes moved or -errno. `offset` is the position to use and advance; pread passes its own.
    ssize_t (*read)(struct file *file, struct uio *to, off_t *offset);
    ssize_t (*write)(struct file *file, struct uio *from, off_t *offset);
    off_t (*seek)(struct file *file, off_t offset, int whence); // NULL: -ESPIPE
    uint32_t (*poll)(struct file *file,
                     struct poll_table *table); // NULL: always readable and writable
    int (*ioctl)(struct file *file, uint32_t command, uint64_t argument); // NULL: -ENOTTY
    int (*readdir)(struct file *file,
                   struct dir_sink *sink); // NULL: -ENOTDIR; position is file->offset
    int (*sync)(struct file *file);        // NULL: 0
    // The page at `index` for mapping: PA with a reference held for the caller, or 0 beyond the end
    // (SIGBUS). `write`: the page must be private to the file (not the image's own); every shared
    // mapping asks so, even of a file that is open for reading only, or it would miss a later
    // write(2). NULL: -ENODEV from mmap.
    uint64_t (*page)(struct file *file, uint64_t index, bool write);
    void (*release)(struct file *file); // the last reference went
};

// Somebody who must know when a file is closed for good, and who holds no reference to it (epoll).
struct file_watch {
    struct list node;
    void (*gone)(struct file_watch *watch); // takes the watch off the list
};

struct file {
    const struct file_ops *ops;
    struct list watches; // struct file_watch
    uint32_t references;
    uint32_t flags; // O_* as F_GETFL gives them
    off_t offset;
    struct inode *inode;      // NULL: no name and no inode
    struct path_entry *entry; // the name it was opened by, or NULL
    mode_t anonymous_mode;    // S_IFIFO, S_IFCHR ... when inode is NULL
    void *private;
    int owner; // F_SETOWN
    void (*forget)(
        struct file *file); // after ops->release: gives back inode and entry (fs/open.c); or NULL
};

MUST_USE struct file *file_new(const struct file_ops *ops, uint32_t flags,
                               void *private); // one reference
void file_hold(struct file *file);
void file_release(struct file *file);

// Descriptors (fs/fd.c). All give -errno; fd_get holds a reference that the caller releases.
struct fd_table *fd_table_new(void);
MUST_USE struct file *fd_get(int fd); // NULL: EBADF
int fd_install(struct file *file, int lowest,
               bool close_on_exec); // consumes the reference, also on error
int fd_close(int fd);
// Both or none, their numbers written to the app (fs/fd_pair.c); consumes both references.
int fd_install_pair(struct file *files[2], int __user *to, bool close_on_exec);

// read(2) and friends on a file, checked for access mode; used by sendfile, exec and the loader as
// well.
ssize_t file_read(struct file *file, struct uio *to, off_t *offset);
ssize_t file_write(struct file *file, struct uio *from, off_t *offset);
ssize_t file_read_kernel(struct file *file, void *to, size_t size_bytes, off_t offset);

// drivers/console.c: what the first process finds as descriptor 0, 1 or 2; fs/fd.c's
// PROCESS_START_HOOK (exec.h) installs them. One reference, or NULL.
struct file *console_open(int fd);
// /dev/tty, /dev/console: sets file->ops. -ENXIO when the run has no terminal.
int console_open_tty(struct file *file);
// An object that can read from any descriptor (read, readv, splice ...) or waits for one (epoll,
// pselect6) says so, and so an image that only writes has neither the line discipline nor the
// host's input. ppoll does not bring them: musl's start-up makes it in every program.
struct console_input;
typedef const struct console_input *console_input_ref;
extern const struct console_input console_input;
#define NEEDS_CONSOLE_INPUT                                                                        \
    SET_ENTRY(console_input, 1, console_input_ref, needs_console_input) = &console_input
