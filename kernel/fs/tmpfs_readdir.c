// Reading a directory. A position is a name's cookie plus two, after "." and "..": cookies grow and
// are never used again, so names that come and go in between make none of the others appear twice
// or not at all.
#include <asm/errno.h>
#include <linux/stat.h>

#include "file.h"
#include "path.h"
#include "tmpfs.h"

enum { POSITION_DOT = 0, POSITION_DOT_DOT = 1, POSITION_NAMES = 2, TYPE_SHIFT = 12 };

static uint8_t type_of(mode_t mode) {
    return (uint8_t)((mode & S_IFMT) >> TYPE_SHIFT); // DT_* are the bits of S_IFMT
}

static uint64_t parent_number(const struct file *file) {
    const struct path_entry *parent = file->entry->parent;
    return (parent == NULL ? file->inode : parent->inode)->number;
}

static bool emit_dots(struct file *file, struct dir_sink *sink) {
    uint8_t type = type_of(S_IFDIR);
    if (file->offset == POSITION_DOT) {
        if (!sink->emit(sink, ".", 1, file->inode->number, type, POSITION_DOT_DOT)) {
            return false;
        }
        file->offset = POSITION_DOT_DOT;
    }
    if (file->offset == POSITION_DOT_DOT) {
        if (!sink->emit(sink, "..", 2, parent_number(file), type, POSITION_NAMES)) {
            return false;
        }
        file->offset = POSITION_NAMES;
    }
    return true;
}

static bool emit_name(struct file *file, struct dir_sink *sink, const struct tmpfs_name *name) {
    const struct inode *inode = name->inode;
    uint64_t number = inode != NULL ? inode->number : tmpfs_image_number(name->image);
    mode_t mode = inode != NULL ? inode->mode : name->image->mode;
    off_t next = name->cookie + POSITION_NAMES + 1;
    if (!sink->emit(sink, name->name, name->length, number, type_of(mode), next)) {
        return false;
    }
    file->offset = next;
    return true;
}

static int readdir(struct file *file, struct dir_sink *sink) {
    int error = tmpfs_populate(file->inode);
    if (error != 0) {
        return error;
    }
    inode_accessed(file);
    if (!emit_dots(file, sink)) {
        return 0;
    }
    struct tmpfs_directory *directory = &tmpfs_inode(file->inode)->directory;
    LIST_FOR_EACH (name, &directory->order, struct tmpfs_name, node) {
        if (name->cookie + POSITION_NAMES >= file->offset && !emit_name(file, sink, name)) {
            break;
        }
    }
    return 0;
}

INODE_EXTRA(tmpfs_readdir) = {.of = &tmpfs_directory_ops, .readdir = readdir};
