// Names and inodes. One tree: the image's files, with a writable tmpfs over them; devices and pipes
// have inodes too.
#pragma once

#include "file.h"
#include "list.h"
#include "set.h"
#include "types.h"

struct inode;
struct path_entry;
struct image_node;
struct notify_event;

struct statfs;

// NULL means that this kind of inode cannot: lookup -ENOTDIR, readlink -EINVAL, truncate -EINVAL,
// the others -EPERM. Callers (fs/, sys/) have checked permissions and that names exist, or do not;
// `name` has no NUL at its end.
struct inode_ops {
    // Finds the child; *result has a reference. All return 0 or -errno.
    int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **result);
    int (*create)(struct inode *dir, const char *name, size_t length, mode_t mode, uint64_t rdev,
                  struct inode **result);
    int (*create_unnamed)(struct inode *dir, mode_t mode, struct inode **result); // O_TMPFILE
    ssize_t (*readlink)(struct inode *inode, char *buffer, size_t size_bytes);
    int (*truncate)(struct inode *inode, off_t size);
    int (*open)(struct inode *inode, struct file *file); // sets file->ops; may refuse
    int (*follow)(
        struct inode *link,
        struct path_entry **target); // a link that leads to a thing, not to a name (/proc)
    void (*statfs)(const struct inode *inode, struct statfs *space);
    void (*destroy)(struct inode *inode); // the last reference went
};

// What few programs ask of a file system lies in objects of its own that join this set, so that an
// image without the system call has none of it. The rows of syscall_table/ name them as needs.
struct inode_extra {
    const struct inode_ops *of; // the kind of inode that can do this
    int (*link)(struct inode *dir, const char *name, size_t length, struct inode *target);
    int (*unlink)(struct inode *dir, const char *name, size_t length, bool directory);
    int (*symlink)(struct inode *dir, const char *name, size_t length, const char *target,
                   struct inode **result);
    int (*rename)(struct inode *from_dir, const char *from, size_t from_length,
                  struct inode *to_dir, const char *to, size_t to_length, uint32_t flags);
    int (*readdir)(struct file *file, struct dir_sink *sink); // where file_ops has none
    int (*allocate)(struct inode *inode, int mode, off_t offset, off_t length);
};
#define INODE_EXTRA(id) SET_ENTRY(inode_extra, 1, struct inode_extra, inode_extra_##id)
SET_DECLARE(inode_extra, struct inode_extra);
// The operation of that name for this inode; NULL: it has none.
#define INODE_OPERATION(inode, name)                                                               \
    ({                                                                                             \
        __typeof__(((struct inode_extra *)NULL)->name) operation = NULL;                           \
        SET_FOR_EACH (extra, inode_extra, struct inode_extra) {                                    \
            bool can = extra->of == (inode)->ops && extra->name != NULL;                           \
            operation = can ? extra->name : operation;                                             \
        }                                                                                          \
        operation;                                                                                 \
    })

// What a subsystem keeps with an inode (extended attributes, watches): one of each kind. It goes
// with the inode, and costs an image without the subsystem a pointer.
struct inode_attachment {
    struct inode_attachment *next;
    void (*gone)(struct inode *inode, struct inode_attachment *attachment); // says what kind it is
    void (*event)(struct inode_attachment *attachment, const struct notify_event *event); // or NULL
};

struct inode {
    const struct inode_ops *ops;
    uint32_t references;
    uint64_t number, device;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    uint32_t links;
    bool linkable; // no name yet, but may get one (O_TMPFILE)
    uint64_t rdev;
    off_t size;
    uint64_t blocks;                                // of 512 bytes
    int64_t atime_ns, mtime_ns, ctime_ns, btime_ns; // since 1970, or before
    const struct image_node *image;                 // where its first contents lie, or NULL
    struct inode *mounted; // what a walk finds here instead: another file system's root
    struct inode_attachment *attached;
    void *private;
};

// Device numbers as stat(2) and mknod(2) pass them. A macro, for tables.
#define DEVICE_NUMBER(major, minor)                                                                \
    (((uint64_t)(minor)&0xff) | ((uint64_t)(major) << 8) | (((uint64_t)(minor) & ~0xffUL) << 12))

enum { CONSOLE_MAJOR = 5, CONSOLE_MINOR = 1 };

// The inode number of an open file that has no inode: the same for all that are the same thing.
static inline uint64_t file_anonymous_number(const struct file *file) {
    return ((uintptr_t)file->ops ^ (uintptr_t)file->private) & UINT32_MAX;
}

void inode_hold(struct inode *inode);
void inode_release(struct inode *inode);
enum { INODE_ATIME = 1, INODE_MTIME = 2, INODE_CTIME = 4 };
void inode_touch(struct inode *inode, unsigned times);
void inode_accessed(
    const struct file *file); // a read: the access time follows as with the mount option relatime
// What a write takes away: the setuid and setgid bits, unless CAP_FSETID.
void inode_drop_privileges(struct inode *inode);
// Fills in a new inode: owner, group, times, one reference; mode and setgid come down from `dir`,
// which may be NULL.
void inode_init(struct inode *inode, const struct inode *dir, mode_t mode);

// fs/attachment.c: the one with this `gone`, or NULL.
struct inode_attachment *inode_attachment(const struct inode *inode,
                                          void (*gone)(struct inode *, struct inode_attachment *));
void inode_attach(struct inode *inode, struct inode_attachment *attachment);
void inode_detach(struct inode *inode, struct inode_attachment *attachment);

// Where a process stands in the tree. May be shared (CLONE_FS).
struct fs_context {
    uint32_t references;
    struct path_entry *root, *cwd;
    mode_t umask;
};
MUST_USE struct fs_context *
fs_context_new(const char *cwd); // "/" when there is no such directory; NULL: no memory
MUST_USE struct fs_context *fs_context_copy(const struct fs_context *from);
void fs_context_release(struct fs_context *context);
struct fs_context *fs_context_current(void);

// fs/open.c: for the kernel's own use (execve, the loader), as the current process would open it.
// On failure NULL.
MUST_USE struct file *vfs_open_kernel(const char *path, int flags);

// Character devices register a number; a node in the tree (from the image or mknod) finds it by
// rdev. An entry without a name opens what has its major number and type, or of FIFOs all.
struct device_ops {
    uint64_t rdev;                  // DEVICE_NUMBER(major, minor)
    const char *name;               // under /dev; made at boot when linked
    mode_t mode;                    // with S_IF*
    int (*open)(struct file *file); // sets file->ops; file->inode is there
};
#define DEVICE(id) SET_ENTRY(device, id, struct device_ops, device_##id)
SET_DECLARE(device, struct device_ops);
