// Extended attributes (xattr(7)), with the name spaces of Linux's tmpfs: user, trusted, security.
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include <linux/xattr.h>

#include "../fs/tmpfs.h"
#include "../fs/xattr.h"
#include "heap.h"
#include "notify.h"
#include "path.h"
#include "string.h"
#include "syscall.h"
#include "usercopy.h"

#define CAPABILITY_NAME XATTR_SECURITY_PREFIX "capability"

enum { NAME_SIZE = XATTR_NAME_MAX + 1 };

static bool starts_with(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static int read_name(char *name, const char __user *from) {
    ssize_t length = string_from_user(name, from, NAME_SIZE);
    if (length == 0 || length == -ENAMETOOLONG) {
        return -ERANGE;
    }
    return length < 0 ? (int)length : 0;
}

// --- who may ------------------------------------------------------------------------------------

static bool capable(unsigned capability) {
    return credentials_capable(credentials_current(), capability);
}

// What is refused to a reader is not there for him.
static int refused(unsigned may) {
    return may == MAY_WRITE ? -EPERM : -ENODATA;
}

// `inode` is NULL for an open file that has none: neither a file nor a directory.
static int may_use_user(const struct inode *inode, unsigned may) {
    if (inode == NULL) {
        return refused(may);
    }
    if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode)) {
        return refused(may);
    }
    bool sticky = S_ISDIR(inode->mode) && (inode->mode & S_ISVTX) != 0;
    return sticky && may == MAY_WRITE && !inode_is_owner(inode) ? -EPERM : 0;
}

static int may_set_security(const char *name) {
    bool is_capability = strcmp(name, CAPABILITY_NAME) == 0;
    return capable(is_capability ? CAP_SETFCAP : CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static int permission(const struct inode *inode, const char *name, unsigned may) {
    if (starts_with(name, XATTR_SYSTEM_PREFIX)) {
        return 0;
    }
    if (starts_with(name, XATTR_SECURITY_PREFIX)) {
        return may == MAY_WRITE ? may_set_security(name) : 0;
    }
    if (starts_with(name, XATTR_TRUSTED_PREFIX)) {
        if (!capable(CAP_SYS_ADMIN)) {
            return refused(may);
        }
    } else if (starts_with(name, XATTR_USER_PREFIX)) {
        int error = may_use_user(inode, may);
        if (error != 0) {
            return error;
        }
    }
    return inode == NULL ? 0 : inode_permission(inode, may, credentials_current());
}

static int check_name(const struct inode *inode, const char *name) {
    static const char *const prefixes[] = {XATTR_USER_PREFIX, XATTR_TRUSTED_PREFIX,
                                           XATTR_SECURITY_PREFIX};
    for (size_t i = 0; i < ARRAY_SIZE(prefixes) && inode != NULL && tmpfs_has(inode); i++) {
        if (starts_with(name, prefixes[i])) {
            return name[strlen(prefixes[i])] == '\0' ? -EINVAL : 0;
        }
    }
    return -EOPNOTSUPP;
}

static int check(const struct inode *inode, const char *name, unsigned may) {
    int error = permission(inode, name, may);
    return error != 0 ? error : check_name(inode, name);
}

// --- what the calls do, once the inode is there -------------------------------------------------

struct request {
    const char __user *name;
    void __user *value;
    size_t size;
    int flags;
};

static int read_value(struct xattr **value, const char *name, const struct request *request) {
    if (request->size > XATTR_SIZE_MAX) {
        return -E2BIG;
    }
    *value = xattr_new(name, request->size);
    if (*value == NULL) {
        return -ENOMEM;
    }
    int error = copy_from_user((*value)->value, request->value, request->size);
    if (error != 0) {
        heap_free(*value);
    }
    return error;
}

// Whether a file's capabilities have the shape of one of vfs_cap_data's revisions
// (capabilities(7)).
static bool is_well_formed(const struct xattr *value) {
    if (strcmp(value->name, CAPABILITY_NAME) != 0) {
        return true;
    }
    uint32_t magic;
    if (value->size < sizeof(magic)) {
        return false;
    }
    memcpy(&magic, value->value, sizeof(magic));
    uint32_t revision = magic & VFS_CAP_REVISION_MASK;
    return (revision == VFS_CAP_REVISION_2 && value->size == XATTR_CAPS_SZ_2) ||
           (revision == VFS_CAP_REVISION_3 && value->size == XATTR_CAPS_SZ_3);
}

// Refuses every open file that has no inode.
static int check_set(const struct inode *inode, const struct xattr *value, int flags) {
    if (!is_well_formed(value)) {
        return -EINVAL;
    }
    int error = check(inode, value->name, MAY_WRITE);
    if (error != 0) {
        return error;
    }
    bool there = xattr_find(inode, value->name) != NULL;
    if (there && (flags & XATTR_CREATE) != 0) {
        return -EEXIST;
    }
    return !there && (flags & XATTR_REPLACE) != 0 ? -ENODATA : 0;
}

static ssize_t set(struct inode *inode, const struct request *request) {
    char name[NAME_SIZE];
    struct xattr *value;
    if ((request->flags & ~(XATTR_CREATE | XATTR_REPLACE)) != 0) {
        return -EINVAL;
    }
    int error = read_name(name, request->name);
    error = error != 0 ? error : read_value(&value, name, request);
    if (error != 0) {
        return error;
    }
    error = check_set(inode, value, request->flags);
    if (error != 0) {
        heap_free(value);
        return error;
    }
    error = xattr_set(inode, value);
    if (error == 0) {
        inode_touch(inode, INODE_CTIME);
    }
    return error;
}

static ssize_t get(struct inode *inode, const struct request *request) {
    char name[NAME_SIZE];
    int error = read_name(name, request->name);
    error = error != 0 ? error : check(inode, name, MAY_READ);
    if (error != 0) {
        return error;
    }
    const struct xattr *found = xattr_find(inode, name);
    if (found == NULL) {
        return -ENODATA;
    }
    if (request->size == 0) {
        return (ssize_t)found->size;
    }
    if (request->size < found->size) {
        return -ERANGE;
    }
    error = copy_to_user(request->value, found->value, found->size);
    return error != 0 ? error : (ssize_t)found->size;
}

static bool is_listed(const struct xattr *xattr) {
    return !starts_with(xattr->name, XATTR_TRUSTED_PREFIX) || capable(CAP_SYS_ADMIN);
}

static ssize_t list(struct inode *inode, const struct request *request) {
    size_t done = 0;
    for (const struct xattr *xattr = xattr_next(inode, NULL); xattr != NULL;
         xattr = xattr_next(inode, xattr)) {
        size_t size = is_listed(xattr) ? strlen(xattr->name) + 1 : 0;
        if (request->size != 0 && size > request->size - done) {
            return -ERANGE;
        }
        if (request->size != 0 &&
            copy_to_user((char __user *)request->value + done, xattr->name, size) != 0) {
            return -EFAULT;
        }
        done += size;
    }
    return done > XATTR_LIST_MAX ? -E2BIG : (ssize_t)done;
}

static ssize_t remove(struct inode *inode, const struct request *request) {
    char name[NAME_SIZE];
    int error = read_name(name, request->name);
    error = error != 0 ? error : check(inode, name, MAY_WRITE);
    if (error != 0) {
        return error;
    }
    if (xattr_find(inode, name) == NULL) {
        return -ENODATA;
    }
    xattr_remove(inode, name);
    inode_touch(inode, INODE_CTIME);
    return 0;
}

// --- how the inode is named ---------------------------------------------------------------------

typedef ssize_t (*action_fn)(struct inode *inode, const struct request *request);

static bool changes(action_fn act) {
    return act == set || act == remove;
}

static ssize_t by_path(action_fn act, const char __user *path, unsigned walk,
                       const struct request *request) {
    struct path_entry *entry;
    ssize_t result = path_find(AT_FDCWD, path, walk, &entry);
    if (result == 0) {
        result = act(entry->inode, request);
        if (result == 0 && changes(act)) {
            notify_entry(entry, IN_ATTRIB);
        }
        path_entry_release(entry);
    }
    return result;
}

static ssize_t by_descriptor(action_fn act, int fd, const struct request *request) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    ssize_t result = -EBADF;
    if ((file->flags & O_PATH) == 0) {
        bool is_empty_list = act == list && file->inode == NULL;
        result = is_empty_list ? 0 : act(file->inode, request);
    }
    if (result == 0 && changes(act)) {
        notify_file(file, IN_ATTRIB);
    }
    file_release(file);
    return result;
}

SYSCALL(setxattr)
(const char __user *path, const char __user *name, const void __user *value, size_t size,
 int flags) {
    const struct request request = {name, (void __user *)value, size, flags};
    return by_path(set, path, WALK_FOLLOW, &request);
}

SYSCALL(lsetxattr)
(const char __user *path, const char __user *name, const void __user *value, size_t size,
 int flags) {
    const struct request request = {name, (void __user *)value, size, flags};
    return by_path(set, path, 0, &request);
}

SYSCALL(fsetxattr)
(int fd, const char __user *name, const void __user *value, size_t size, int flags) {
    const struct request request = {name, (void __user *)value, size, flags};
    return by_descriptor(set, fd, &request);
}

SYSCALL(getxattr)
(const char __user *path, const char __user *name, void __user *value, size_t size) {
    const struct request request = {name, value, size, 0};
    return by_path(get, path, WALK_FOLLOW, &request);
}

SYSCALL(lgetxattr)
(const char __user *path, const char __user *name, void __user *value, size_t size) {
    const struct request request = {name, value, size, 0};
    return by_path(get, path, 0, &request);
}

SYSCALL(fgetxattr)(int fd, const char __user *name, void __user *value, size_t size) {
    const struct request request = {name, value, size, 0};
    return by_descriptor(get, fd, &request);
}

SYSCALL(listxattr)(const char __user *path, char __user *list_buffer, size_t size) {
    const struct request request = {NULL, list_buffer, size, 0};
    return by_path(list, path, WALK_FOLLOW, &request);
}

SYSCALL(llistxattr)(const char __user *path, char __user *list_buffer, size_t size) {
    const struct request request = {NULL, list_buffer, size, 0};
    return by_path(list, path, 0, &request);
}

SYSCALL(flistxattr)(int fd, char __user *list_buffer, size_t size) {
    const struct request request = {NULL, list_buffer, size, 0};
    return by_descriptor(list, fd, &request);
}

SYSCALL(removexattr)(const char __user *path, const char __user *name) {
    const struct request request = {name, NULL, 0, 0};
    return by_path(remove, path, WALK_FOLLOW, &request);
}

SYSCALL(lremovexattr)(const char __user *path, const char __user *name) {
    const struct request request = {name, NULL, 0, 0};
    return by_path(remove, path, 0, &request);
}

SYSCALL(fremovexattr)(int fd, const char __user *name) {
    const struct request request = {name, NULL, 0, 0};
    return by_descriptor(remove, fd, &request);
}
