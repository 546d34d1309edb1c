// What is mounted where, for /proc/PID/mounts and mountinfo. The walk needs no such list: a mount
// hangs from the inode that it covers (inode.mounted).
#pragma once

#include "list.h"
#include "types.h"

struct inode;

struct mount {
    struct list node; // in the order of mounting
    unsigned id;
    const struct inode *covered;
    uint64_t device;
    const char *type;   // static
    const char *path;   // as the root sees it
    const char *source; // which directory of the file system is seen there
};

enum { MOUNT_ROOT_ID = 1 }; // the tree's own root is not in the list
extern struct list mounts;

// A copy with a number of its own joins the list; its texts are copied too, but `type` is not.
// False: no memory.
MUST_USE bool mount_add(const struct mount *like);
void mount_forget(const struct inode *covered);
// Of the first mount of that file system.
unsigned mount_id(uint64_t device);
const char *mount_type(uint64_t device);
const char *mount_source(uint64_t device, const char *path); // the path within it
