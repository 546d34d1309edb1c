// Names that are in use, the walk from a path to one, and who may do what there. Only what is held
// has an entry: open files, working directories, and the directories above them. Entries are
// unique, so a rename reaches everybody who came by the old name. Nothing is cached beyond that:
// the file systems are fast.
#pragma once

#include "file.h"
#include "list.h"
#include "types.h"
#include "vfs.h"

struct credentials;

// --- names that are held (fs/entry.c, fs/entry_of.c) --------------------------------------------

struct path_entry {
    uint32_t references;
    bool removed;                  // the name is gone; the file lives on
    struct path_entry *parent;     // held; NULL: a root, or an inode that never had a name
    struct inode *inode;           // held
    struct list children, sibling; // held entries only
    size_t length;
    char *name; // own_name, or another after a rename; no NUL at its end
    char own_name[];
};

struct path_entry *path_root(void); // fs/root.c: of the whole tree; no reference
void path_entry_hold(struct path_entry *entry);
void path_entry_release(struct path_entry *entry); // NULL is fine
// Consumes the inode's reference, also on failure. NULL: no memory.
MUST_USE struct path_entry *path_entry_new(struct path_entry *parent, const char *name,
                                           size_t length, struct inode *inode);
// *child has a reference. 0 or -errno.
MUST_USE int path_entry_lookup(struct path_entry *dir, const char *name, size_t length,
                               struct path_entry **child);
// unlink and rename have changed the file system; now the names that are held follow.
void path_entry_remove(struct path_entry *entry);
void path_entry_move(struct path_entry *entry, struct path_entry *dir, const char *name,
                     size_t length);
bool path_entry_is_below(const struct path_entry *entry,
                         const struct path_entry *ancestor); // or the same
// What an open file stands for; made up when it has no name. *entry has a reference. 0, -EBADF or
// -ENOMEM.
MUST_USE int path_entry_of_file(struct file *file, struct path_entry **entry);
MUST_USE int path_entry_of_fd(int fd, struct path_entry **entry);
// fs/entry_path.c: the absolute path as seen from `root`, NUL-terminated, at the end of the buffer.
// NULL: no room.
// "(unreachable)" stands before a path that does not lead up to the root, " (deleted)" behind one
// that is removed.
char *path_entry_text(const struct path_entry *entry, const struct path_entry *root, char *buffer,
                      size_t size_bytes);

// --- the walk (fs/walk.c) -----------------------------------------------------------------------

enum {
    WALK_FOLLOW = 1,   // the last component, when it is a link
    WALK_EMPTY = 2,    // an empty path is what dirfd names, of any kind (AT_EMPTY_PATH)
    WALK_NO_LINKS = 4, // and the rest as openat2(2) has them
    WALK_NO_MAGIC = 8,
    WALK_BENEATH = 16,
    WALK_IN_ROOT = 32,
    WALK_NO_MOUNTS = 64,
};

struct path_walk {
    struct path_entry *at;                 // held: where the walk is
    struct path_entry *top;                // held: where "/" leads and ".." ends
    const struct credentials *credentials; // who searches
    char *text; // what is walked: the path, or a link's text and what came after it
    const char *rest;
    const char *last;   // the component under way, in `text`
    size_t last_length; // 0: there is none
    bool slash;         // a slash follows it
    bool jumped;        // the last link led to a thing: `at` is it
    unsigned flags, links;
};

// All give 0 or -errno; path_walk_end after every start, also a failed one.
MUST_USE int path_walk_start(struct path_walk *walk, int dirfd, const char __user *path,
                             unsigned flags);
MUST_USE int path_walk_start_kernel(struct path_walk *walk, int dirfd, const char *path,
                                    unsigned flags);
MUST_USE int path_walk_parent(struct path_walk *walk); // up to the directory of the last component
MUST_USE int
path_walk_last(struct path_walk *walk); // and through it: `at` is what the path stands for
// The last component has turned out to be this link: on to the directory of what it names.
MUST_USE int path_walk_link(struct path_walk *walk, struct path_entry *link);
bool path_walk_last_is_name(const struct path_walk *walk); // not ".", "..", "/"
void path_walk_end(struct path_walk *walk);

// --- whole walks (fs/find.c) --------------------------------------------------------------------

unsigned path_walk_flags(int at_flags); // of AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH
MUST_USE int path_find(int dirfd, const char __user *path, unsigned flags,
                       struct path_entry **entry);
// To a name that is not there yet: -EEXIST, -ENOENT (also when a slash follows the name and it is
// no directory that is to be made) ... Whether it may be made is still to be asked
// (inode_may_create). path_walk_end also after an error.
MUST_USE int path_find_new(struct path_walk *walk, int dirfd, const char __user *path,
                           bool directory);

// fs/rename.c: renameat2(2) behind its check of flags.
MUST_USE int path_rename(int olddirfd, const char __user *oldpath, int newdirfd,
                         const char __user *newpath, unsigned int flags);

// --- permissions (fs/permission.c) --------------------------------------------------------------

enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };

const struct credentials *credentials_current(void); // the process's, or the kernel's own at boot
bool credentials_capable(const struct credentials *who, unsigned capability);
bool credentials_in_group(const struct credentials *who, gid_t gid);
MUST_USE int inode_permission(const struct inode *inode, unsigned may,
                              const struct credentials *who);
bool inode_is_owner(const struct inode *inode); // or CAP_FOWNER
// Names made in a directory and taken out of it: write and search permission, the sticky bit, what
// is gone already.
MUST_USE int inode_may_create(const struct inode *dir);
MUST_USE int inode_may_remove(const struct inode *dir, const struct inode *victim, bool directory);

// --- open files (fs/open.c) ---------------------------------------------------------------------

struct open_request {
    int flags; // O_*
    mode_t mode;
    unsigned walk; // WALK_*, besides what the flags say
};
MUST_USE int vfs_open(int dirfd, const char __user *path, const struct open_request *request,
                      struct file **file);
// Opens what the entry stands for; permissions have been checked. Consumes the reference, also on
// failure.
MUST_USE int vfs_open_entry(struct path_entry *entry, int flags, struct file **file);
int device_open(struct inode *inode,
                struct file *file); // fs/device.c: by rdev, or by type: FIFOs; -ENXIO

// fs/truncate.c: what truncate(2), ftruncate(2) and O_TRUNC share.
MUST_USE int inode_truncate(struct inode *inode, off_t size);
// fs/attributes.c: for the chmod, chown and utimensat families, with their checks. `inode` may be
// open or just found.
MUST_USE int inode_change_mode(struct inode *inode, mode_t permissions);
MUST_USE int inode_change_owner(struct inode *inode, uid_t uid, gid_t gid); // -1: stays
// fs/size_limit.c: how many of `size_bytes` at `offset` may be written; 0: none, SIGXFSZ is sent
// and -EFBIG due.
size_t file_size_allowed(off_t offset, size_t size_bytes);
// fs/seek.c: SEEK_SET, SEEK_CUR, and SEEK_END from `end`; sets the position.
off_t file_seek(struct file *file, off_t offset, int whence, off_t end);
