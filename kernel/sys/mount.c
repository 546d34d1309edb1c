// mount(2) and umount2(2). A mount hangs from the inode that it covers (inode.mounted), and a walk
// finds it there, so there is one tree for all. Who stood in the covered directory goes on standing
// in it, as in Linux.
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include "../fs/mounts.h"
#include "../fs/root.h"
#include "../fs/tmpfs.h"
#include "heap.h"
#include "path.h"
#include "string.h"
#include "syscall.h"
#include "usercopy.h"

#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define IGNORED_FLAGS (MS_SILENT | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME)

// umount2(2)'s flags; libc has them, not <linux/...>.
enum { MNT_FORCE = 1, MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8 };
enum { OPTIONS_SIZE = PAGE_SIZE, TYPE_SIZE = 32, TMPFS_MODE = 01777, FIRST_MINOR = 40 };

static bool may_mount(void) {
    return credentials_capable(credentials_current(), CAP_SYS_ADMIN);
}

// --- a tmpfs of its own -------------------------------------------------------------------------

// The last user of a tmpfs has left; what is in it goes. Directories give their names to the list
// of the root first, so that nothing here recurses.
static void forget_names(struct inode *root, struct inode_attachment *attachment) {
    struct list *names = &tmpfs_inode(root)->directory.order;
    while (!list_empty(names)) {
        struct tmpfs_name *name = LIST_FIRST(names, struct tmpfs_name, node);
        list_remove(&name->node);
        bool is_last = name->inode->references == 1; // and not bound elsewhere
        if (S_ISDIR(name->inode->mode) && is_last) {
            struct list *below = &tmpfs_inode(name->inode)->directory.order;
            LIST_FOR_EACH_SAFE (child, below, struct tmpfs_name, node) {
                list_remove(&child->node);
                list_push_back(names, &child->node);
            }
        }
        inode_release(name->inode);
        heap_free(name);
    }
    heap_free(attachment);
}

static bool parse_number(const char *text, unsigned base, uint32_t *number) {
    *number = 0;
    for (const char *at = text; *at != '\0'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit >= base) {
            return false;
        }
        *number = *number * base + digit;
    }
    return *text != '\0';
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// One option of tmpfs(5). Sizes are taken, and memory is the limit.
static int apply_option(struct inode *root, const char *option) {
    uint32_t number;
    if (starts_with(option, "mode=") && parse_number(option + 5, 8, &number)) {
        root->mode = S_IFDIR | (number & 07777);
        return 0;
    }
    if (starts_with(option, "uid=") && parse_number(option + 4, 10, &number)) {
        root->uid = number;
        return 0;
    }
    if (starts_with(option, "gid=") && parse_number(option + 4, 10, &number)) {
        root->gid = number;
        return 0;
    }
    bool size = starts_with(option, "size=") || starts_with(option, "nr_blocks=") ||
                starts_with(option, "nr_inodes=") || *option == '\0';
    return size ? 0 : -EINVAL;
}

static int apply_options(struct inode *root, char *options) {
    int error = 0;
    while (error == 0 && options != NULL) {
        char *comma = strchr(options, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        error = apply_option(root, options);
        options = comma == NULL ? NULL : comma + 1;
    }
    return error;
}

static int new_tmpfs(char *options, struct inode **result) {
    static uint64_t made;
    struct inode_attachment *attachment = heap_alloc_zeroed(sizeof(*attachment));
    struct inode *root = attachment == NULL ? NULL : tmpfs_inode_new(NULL, S_IFDIR | TMPFS_MODE);
    if (root == NULL) {
        heap_free(attachment);
        return -ENOMEM;
    }
    attachment->gone = forget_names;
    inode_attach(root, attachment);
    uint64_t minor = FIRST_MINOR + made++;
    root->device = DEVICE_NUMBER(0, minor);
    int error = apply_options(root, options);
    if (error != 0) {
        inode_release(root);
        return error;
    }
    *result = root;
    return 0;
}

// --- mounting -----------------------------------------------------------------------------------

static const struct type {
    const char *name, *directory; // where the boot has mounted it; NULL: each mount is a new one
} types[] = {{"tmpfs", NULL}, {"proc", "proc"}, {"sysfs", "sys"}, {"devtmpfs", "dev"}};

static const struct type *find_type(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

// What lies on that directory of the root since the boot; devices lie in the directory itself.
static int of_boot(const struct type *type, struct inode **result) {
    struct inode *dir = root_directory(type->directory);
    if (dir == NULL) {
        return -ENODEV;
    }
    bool is_dev = strcmp(type->name, "devtmpfs") == 0;
    struct inode *found = is_dev ? dir : dir->mounted;
    if (found != NULL) {
        inode_hold(found);
    }
    inode_release(dir);
    *result = found;
    return found == NULL ? -ENODEV : 0;
}

static int may_cover(const struct path_entry *target, const struct inode *mounted) {
    const struct inode *below = target->inode;
    if (S_ISDIR(below->mode) != S_ISDIR(mounted->mode)) {
        return -ENOTDIR;
    }
    if (target->parent == NULL || target->removed || !tmpfs_has(below)) {
        return -EINVAL;
    }
    return mounted == below || below->mounted != NULL ? -EBUSY : 0;
}

// Consumes the reference to `mounted`, also on failure. `from`: what is bound, or NULL.
static int cover(struct path_entry *target, struct inode *mounted, const char *type,
                 const struct path_entry *from) {
    char *space = heap_alloc((size_t)2 * PATH_MAX);
    int error = space == NULL ? -ENOMEM : may_cover(target, mounted);
    const char *path = NULL, *source = "/";
    if (error == 0) {
        path = path_entry_text(target, path_root(), space, PATH_MAX);
        source =
            from == NULL ? source : path_entry_text(from, path_root(), space + PATH_MAX, PATH_MAX);
        error = path == NULL || source == NULL ? -ENAMETOOLONG : 0;
    }
    if (error == 0 &&
        !mount_add(&(struct mount){.covered = target->inode,
                                   .device = mounted->device,
                                   .type = type,
                                   .path = path,
                                   .source = mount_source(mounted->device, source)})) {
        error = -ENOMEM;
    }
    heap_free(space);
    if (error != 0) {
        inode_release(mounted);
        return error;
    }
    target->inode->mounted = mounted;
    list_remove(&target->sibling); // whoever looks from now on finds the mount
    return 0;
}

static int bind(const char __user *source, struct path_entry *target) {
    struct path_entry *from;
    int error = path_find(AT_FDCWD, source, WALK_FOLLOW, &from);
    if (error != 0) {
        return error;
    }
    // Onto something below itself, or from under another mount, a walk would find no end.
    if (path_entry_is_below(target, from) || from->inode->mounted != NULL) {
        error = -EINVAL;
    } else {
        inode_hold(from->inode);
        error = cover(target, from->inode, mount_type(from->inode->device), from);
    }
    path_entry_release(from);
    return error;
}

static int read_options(const char __user *from, char **options) {
    *options = NULL;
    if (from == NULL) {
        return 0;
    }
    *options = heap_alloc(OPTIONS_SIZE);
    if (*options == NULL) {
        return -ENOMEM;
    }
    ssize_t length = string_from_user(*options, from, OPTIONS_SIZE);
    return length < 0 ? (int)length : 0;
}

static int mount_new(const char __user *type, const char __user *data, struct path_entry *target) {
    char name[TYPE_SIZE];
    char *options;
    struct inode *mounted;
    if (type == NULL) {
        return -EINVAL;
    }
    ssize_t length = string_from_user(name, type, sizeof(name));
    if (length < 0) {
        return length == -ENAMETOOLONG ? -ENODEV : (int)length;
    }
    const struct type *known = find_type(name);
    if (known == NULL) {
        return -ENODEV;
    }
    int error = read_options(data, &options);
    if (error == 0) {
        error = known->directory == NULL ? new_tmpfs(options, &mounted) : of_boot(known, &mounted);
    }
    error = error != 0 ? error : cover(target, mounted, known->name, NULL);
    heap_free(options);
    return error;
}

static int mount_on(struct path_entry *target, const char __user *source, const char __user *type,
                    unsigned long flags, const void __user *data) {
    if ((flags & PROPAGATION) != 0) {
        bool alone = (flags & ~(PROPAGATION | MS_REC | MS_SILENT)) == 0;
        return alone ? 0 : -EINVAL; // there is one name space only
    }
    if ((flags & MS_BIND) != 0) {
        bool known = (flags & ~(MS_BIND | MS_REC | IGNORED_FLAGS)) == 0;
        return known && source != NULL ? bind(source, target) : -EINVAL;
    }
    return (flags & ~IGNORED_FLAGS) == 0 ? mount_new(type, data, target) : -EINVAL;
}

SYSCALL(mount)
(const char __user *source, const char __user *target, const char __user *type, unsigned long flags,
 const void __user *data) {
    if ((flags & MS_MGC_MSK) == MS_MGC_VAL) {
        flags &= ~(unsigned long)MS_MGC_MSK;
    }
    struct path_entry *entry;
    int error = path_find(AT_FDCWD, target, WALK_FOLLOW, &entry);
    if (error == 0) {
        error = may_mount() ? mount_on(entry, source, type, flags, data) : -EPERM;
        path_entry_release(entry);
    }
    return error;
}

// --- unmounting ---------------------------------------------------------------------------------

// The inode that this root of a mount covers, with a reference. NULL: it is no such root.
static struct inode *covered(const struct path_entry *entry) {
    struct inode *below;
    struct inode *dir = entry->parent == NULL ? NULL : entry->parent->inode;
    if (dir == NULL || dir->ops->lookup == NULL ||
        dir->ops->lookup(dir, entry->name, entry->length, &below) != 0) {
        return NULL;
    }
    struct inode *at = below;
    while (at->mounted != NULL && at->mounted != entry->inode) {
        at = at->mounted;
    }
    bool is_root = at->mounted != NULL;
    if (is_root) {
        inode_hold(at);
    }
    inode_release(below);
    return is_root ? at : NULL;
}

static int uncover(struct path_entry *entry, int flags) {
    struct inode *below = covered(entry);
    if (below == NULL) {
        return -EINVAL;
    }
    bool in_use = entry->references > 1 || entry->inode->mounted != NULL;
    if (in_use && (flags & MNT_DETACH) == 0) {
        inode_release(below);
        return -EBUSY;
    }
    struct inode *mounted = below->mounted;
    mount_forget(below);
    below->mounted = NULL;
    list_remove(&entry->sibling);
    inode_release(mounted);
    inode_release(below);
    return 0;
}

SYSCALL(umount2)(const char __user *target, int flags) {
    if ((flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW)) != 0) {
        return -EINVAL;
    }
    unsigned walk = (flags & UMOUNT_NOFOLLOW) != 0 ? 0 : WALK_FOLLOW;
    struct path_entry *entry;
    int error = path_find(AT_FDCWD, target, walk, &entry);
    if (error == 0) {
        error = may_mount() ? uncover(entry, flags) : -EPERM;
        path_entry_release(entry);
    }
    return error;
}
