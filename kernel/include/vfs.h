// Names and inodes. One tree: the image's files, with a writable tmpfs over them; devices and pipes have inodes too.
#pragma once

#include "file.h"
#include "list.h"
#include "types.h"

struct inode;
struct path_entry;
struct image_node;

struct inode_ops {
    // Finds or makes the child; *result is a path_entry with a reference. All return 0 or -errno.
    int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **result);
    int (*create)(struct inode *dir, const char *name, size_t length, mode_t mode, uint64_t rdev, struct inode **result);
    int (*link)(struct inode *dir, const char *name, size_t length, struct inode *target);
    int (*unlink)(struct inode *dir, const char *name, size_t length, bool directory);
    int (*symlink)(struct inode *dir, const char *name, size_t length, const char *target, struct inode **result);
    int (*rename)(struct inode *from_dir, const char *from, size_t from_length, struct inode *to_dir, const char *to,
                  size_t to_length, uint32_t flags);
    ssize_t (*readlink)(struct inode *inode, char *buffer, size_t size_bytes);
    int (*truncate)(struct inode *inode, off_t size);
    int (*open)(struct inode *inode, struct file *file);        // sets file->ops; may refuse
};

struct inode {
    const struct inode_ops *ops;
    uint32_t references;
    uint64_t number, device;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    uint32_t links;
    uint64_t rdev;
    off_t size;
    uint64_t atime_ns, mtime_ns, ctime_ns, btime_ns;
    const struct image_node *image;     // where its first contents lie, or NULL
    void *private;
};

void inode_hold(struct inode *inode);
void inode_release(struct inode *inode);

// The result of a walk. fs/path.c owns the representation of a cached name.
struct fs_context {
    struct path_entry *root, *cwd;
    mode_t umask;
};

// Character devices register a number; a node in the tree (from the image or mknod) finds it by rdev.
struct device_ops {
    uint64_t rdev;                      // makedev(major, minor)
    const char *name;                   // under /dev; made at boot when linked
    mode_t mode;
    int (*open)(struct file *file);     // sets file->ops
};
#define DEVICE(id) SET_ENTRY(device, id, struct device_ops, device_##id)
