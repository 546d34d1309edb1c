// What happens to files, told to who keeps watch on them (inotify(7)). A watch is an attachment of
// its inode (vfs.h) with an `event`; where nobody watches, telling ends at two NULL pointers.
#pragma once

#include "types.h"

struct file;
struct inode;
struct path_entry;

struct notify_event {
    uint32_t mask; // IN_*; with IN_EXCL_UNLINK: the name is gone already
    uint32_t cookie;
    const char *name; // NULL: it happened to the inode itself
    size_t length;
};

// To the inode's own watchers.
void notify_inode(struct inode *inode, uint32_t mask);
// To those of a directory: a name was made in it, or went.
void notify_name(struct inode *dir, uint32_t mask, const char *name, size_t length);
// To those of the thing and, with its name, to those of its directory; IN_CREATE only to the
// latter. NULL is fine: no name.
void notify_entry(const struct path_entry *entry, uint32_t mask);
void notify_file(const struct file *file, uint32_t mask);
struct notify_move {
    struct inode *from_dir, *to_dir;
    const char *from, *to;
    size_t from_length, to_length;
    struct inode *moved;
};
void notify_moved(const struct notify_move *move);

// Opening, reading and writing are in every image, and the rest of this is not: notify_file once
// somebody watches anything, NULL until then (fs/file.c).
extern void (*file_told)(const struct file *file, uint32_t mask);
// Tells when `done` is positive, and gives it back.
static inline ssize_t file_tell(const struct file *file, uint32_t mask, ssize_t done) {
    if (UNLIKELY(file_told != NULL) && done > 0) {
        file_told(file, mask);
    }
    return done;
}
