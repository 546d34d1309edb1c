// open(2): from a path to an open file, which may make the file on the way.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "notify.h"
#include "path.h"

enum {
    FLAGS_OF_CALL = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC, // not the file's
    FLAGS_WITH_PATH = O_DIRECTORY | O_NOFOLLOW | O_PATH,
    TMPFILE = O_TMPFILE & ~O_DIRECTORY,
};

static void forget(struct file *file) {
    if ((file->flags & O_PATH) == 0) {
        bool writes = (file->flags & O_ACCMODE) != O_RDONLY;
        file_tell(file, writes ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE, 1);
    }
    inode_release(file->inode);
    path_entry_release(file->entry);
}

// A file that only stands for its name: every operation is EBADF (open(2), O_PATH).
static ssize_t path_move(UNUSED struct file *file, UNUSED struct uio *uio, UNUSED off_t *offset) {
    return -EBADF;
}

static off_t path_seek(UNUSED struct file *file, UNUSED off_t offset, UNUSED int whence) {
    return -EBADF;
}

static int path_sync(UNUSED struct file *file) {
    return -EBADF;
}

static const struct file_ops path_ops = {
    .read = path_move, .write = path_move, .seek = path_seek, .sync = path_sync};

int vfs_open_entry(struct path_entry *entry, int flags, struct file **result) {
    bool is_path = (flags & O_PATH) != 0;
    int kept = is_path ? flags & FLAGS_WITH_PATH : (flags & ~FLAGS_OF_CALL) | O_LARGEFILE;
    struct file *file = file_new(&path_ops, (uint32_t)kept, NULL);
    if (file == NULL) {
        path_entry_release(entry);
        return -ENFILE;
    }
    struct inode *inode = entry->inode;
    inode_hold(inode);
    file->inode = inode;
    file->entry = entry;
    file->forget = forget;
    int error = 0;
    if (!is_path) {
        error = inode->ops->open == NULL ? -ENXIO : inode->ops->open(inode, file);
    }
    if (error != 0) {
        file->ops = &path_ops; // a device's release is for what it has opened
        file->flags |= O_PATH; // and nothing is closed
        file_release(file);
        return error;
    }
    *result = file;
    return 0;
}

// --- what may be opened -------------------------------------------------------------------------

static unsigned access_wanted(int flags) {
    static const unsigned char wanted[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
                                           MAY_READ | MAY_WRITE};
    unsigned may = wanted[flags & O_ACCMODE];
    return (flags & O_TRUNC) != 0 ? may | MAY_WRITE : may;
}

static int check_type(const struct inode *inode, int flags) {
    if (S_ISDIR(inode->mode) && (flags & O_CREAT) != 0) {
        return -EISDIR;
    }
    if ((flags & O_DIRECTORY) != 0 && !S_ISDIR(inode->mode)) {
        return -ENOTDIR;
    }
    if ((flags & O_PATH) != 0) {
        return 0;
    }
    if (S_ISLNK(inode->mode)) {
        return -ELOOP;
    }
    return S_ISDIR(inode->mode) && (access_wanted(flags) & MAY_WRITE) != 0 ? -EISDIR : 0;
}

static int check(const struct inode *inode, int flags) {
    int error = check_type(inode, flags);
    if (error != 0 || (flags & O_PATH) != 0) {
        return error;
    }
    error = inode_permission(inode, access_wanted(flags), credentials_current());
    if (error == 0 && (flags & O_NOATIME) != 0 && !inode_is_owner(inode)) {
        error = -EPERM;
    }
    return error;
}

static int open_and_tell(struct path_entry *entry, int flags, struct file **result) {
    int error = vfs_open_entry(entry, flags, result);
    if (error == 0 && (flags & O_PATH) == 0) {
        file_tell(*result, IN_OPEN, 1);
    }
    return error;
}

static int open_existing(struct path_entry *entry, int flags, struct file **result) {
    int error = check(entry->inode, flags);
    if (error != 0) {
        return error;
    }
    path_entry_hold(entry);
    error = open_and_tell(entry, flags, result);
    bool cut = error == 0 && (flags & (O_TRUNC | O_PATH)) == O_TRUNC && S_ISREG(entry->inode->mode);
    if (cut) {
        error = inode_truncate(entry->inode, 0);
        if (error != 0) {
            file_release(*result);
            return error;
        }
        file_tell(*result, IN_MODIFY, 1);
    }
    return error;
}

// --- making -------------------------------------------------------------------------------------

static mode_t mode_of(const struct open_request *request) {
    return S_IFREG | (request->mode & 07777 & ~fs_context_current()->umask);
}

static int create(struct path_walk *walk, const struct open_request *request,
                  struct file **result) {
    struct inode *dir = walk->at->inode;
    int error = inode_may_create(dir);
    if (error == 0 && dir->ops->create == NULL) {
        error = -EACCES;
    }
    struct inode *inode;
    if (error == 0) {
        error = dir->ops->create(dir, walk->last, walk->last_length, mode_of(request), 0, &inode);
    }
    if (error != 0) {
        return error;
    }
    struct path_entry *entry = path_entry_new(walk->at, walk->last, walk->last_length, inode);
    error = entry == NULL ? -ENOMEM : vfs_open_entry(entry, request->flags, result);
    if (error == 0) {
        file_tell(*result, IN_CREATE, 1);
        file_tell(*result, IN_OPEN, 1);
    }
    return error;
}

// The name is there: 0 and walk->at is it, or 1: it was a link, and the walk stands before another
// name.
static int take_existing(struct path_walk *walk, struct path_entry *found, int flags) {
    if ((flags & O_EXCL) != 0) {
        return -EEXIST;
    }
    if (!S_ISLNK(found->inode->mode)) {
        path_entry_hold(found);
        path_entry_release(walk->at);
        walk->at = found;
        return 0;
    }
    if ((flags & O_NOFOLLOW) != 0) {
        return -ELOOP;
    }
    int error = path_walk_link(walk, found);
    if (error != 0) {
        return error;
    }
    return walk->jumped ? 0 : 1;
}

// "/", "." or "..": never made.
static int open_directory(struct path_walk *walk, const struct open_request *request,
                          struct file **result) {
    int error = path_walk_last(walk);
    if (error != 0) {
        return error;
    }
    return (request->flags & O_EXCL) != 0 ? -EEXIST
                                          : open_existing(walk->at, request->flags, result);
}

static int open_or_create(struct path_walk *walk, const struct open_request *request,
                          struct file **result) {
    for (;;) {
        if (!path_walk_last_is_name(walk)) {
            return open_directory(walk, request, result);
        }
        if (walk->slash) {
            return -EISDIR;
        }
        struct path_entry *found;
        int error = path_entry_lookup(walk->at, walk->last, walk->last_length, &found);
        if (error == -ENOENT) {
            return create(walk, request, result);
        }
        if (error != 0) {
            return error;
        }
        error = take_existing(walk, found, request->flags);
        path_entry_release(found);
        if (error <= 0) {
            return error != 0 ? error : open_existing(walk->at, request->flags, result);
        }
    }
}

// O_TMPFILE: a file in a directory, without a name.
static int open_unnamed(struct path_walk *walk, const struct open_request *request,
                        struct file **result) {
    struct inode *dir = walk->at->inode;
    if (!S_ISDIR(dir->mode)) {
        return -ENOTDIR;
    }
    int error = inode_may_create(dir);
    if (error == 0 && dir->ops->create_unnamed == NULL) {
        error = -EOPNOTSUPP;
    }
    struct inode *inode;
    if (error == 0) {
        error = dir->ops->create_unnamed(dir, mode_of(request), &inode);
    }
    if (error != 0) {
        return error;
    }
    inode->linkable = (request->flags & O_EXCL) == 0;
    struct path_entry *entry = path_entry_new(walk->at, "#", 1, inode);
    if (entry == NULL) {
        return -ENOMEM;
    }
    path_entry_remove(entry);
    return open_and_tell(entry, request->flags & ~TMPFILE, result);
}

// --- the whole ----------------------------------------------------------------------------------

static int open_walked(struct path_walk *walk, const struct open_request *request,
                       struct file **result) {
    int error = path_walk_parent(walk);
    if (error != 0) {
        return error;
    }
    if ((request->flags & O_CREAT) != 0) {
        return open_or_create(walk, request, result);
    }
    error = path_walk_last(walk);
    if (error != 0) {
        return error;
    }
    return (request->flags & TMPFILE) != 0 ? open_unnamed(walk, request, result)
                                           : open_existing(walk->at, request->flags, result);
}

static unsigned walk_flags(const struct open_request *request) {
    return (request->flags & O_NOFOLLOW) != 0 ? request->walk : request->walk | WALK_FOLLOW;
}

int vfs_open(int dirfd, const char __user *path, const struct open_request *request,
             struct file **result) {
    struct path_walk walk;
    int error = path_walk_start(&walk, dirfd, path, walk_flags(request));
    if (error == 0) {
        error = open_walked(&walk, request, result);
    }
    path_walk_end(&walk);
    return error;
}

struct file *vfs_open_kernel(const char *path, int flags) {
    const struct open_request request = {.flags = flags};
    struct path_walk walk;
    struct file *file = NULL;
    int error = path_walk_start_kernel(&walk, AT_FDCWD, path, walk_flags(&request));
    if (error == 0) {
        error = open_walked(&walk, &request, &file);
    }
    path_walk_end(&walk);
    return error == 0 ? file : NULL;
}
