// From a path to an entry, one component at a time. The text of a symbolic link is put before what
// is still to be walked, so nothing here recurses. A walk can stop at the last component: whoever
// makes, removes or renames wants the directory and the name (path_walk_parent), everybody else
// what the name stands for (path_walk_last).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "heap.h"
#include "path.h"
#include "string.h"
#include "usercopy.h"

enum { LINKS_MAX = 40 }; // path_resolution(7)

static void go_to(struct path_walk *walk, struct path_entry *entry) {
    path_entry_hold(entry);
    path_entry_release(walk->at);
    walk->at = entry;
}

// --- where it starts ----------------------------------------------------------------------------

static int start_at(struct path_walk *walk, int dirfd) {
    bool absolute = walk->text[0] == '/';
    bool confined = (walk->flags & (WALK_BENEATH | WALK_IN_ROOT)) != 0;
    if (absolute && (walk->flags & WALK_BENEATH) != 0) {
        return -EXDEV;
    }
    if (absolute && !confined) {
        go_to(walk, fs_context_current()->root);
    } else if (dirfd == AT_FDCWD) {
        go_to(walk, fs_context_current()->cwd);
    } else {
        int error = path_entry_of_fd(dirfd, &walk->at);
        if (error != 0) {
            return error;
        }
    }
    walk->top = confined ? walk->at : fs_context_current()->root;
    path_entry_hold(walk->top);
    return 0;
}

static int start(struct path_walk *walk, int dirfd) {
    walk->rest = walk->text;
    walk->credentials = credentials_current();
    if (walk->text[0] == '\0' && (walk->flags & WALK_EMPTY) == 0) {
        return -ENOENT;
    }
    int error = start_at(walk, dirfd);
    if (error == 0 && walk->text[0] != '\0' && !S_ISDIR(walk->at->inode->mode)) {
        return -ENOTDIR;
    }
    return error;
}

int path_walk_start(struct path_walk *walk, int dirfd, const char __user *path, unsigned flags) {
    *walk = (struct path_walk){.flags = flags};
    walk->text = heap_alloc(PATH_MAX);
    if (walk->text == NULL) {
        return -ENOMEM;
    }
    ssize_t length = string_from_user(walk->text, path, PATH_MAX);
    return length < 0 ? (int)length : start(walk, dirfd);
}

int path_walk_start_kernel(struct path_walk *walk, int dirfd, const char *path, unsigned flags) {
    *walk = (struct path_walk){.flags = flags};
    size_t size = strlen(path) + 1;
    walk->text = heap_alloc(size);
    if (walk->text == NULL) {
        return -ENOMEM;
    }
    memcpy(walk->text, path, size);
    return start(walk, dirfd);
}

void path_walk_end(struct path_walk *walk) {
    path_entry_release(walk->at);
    path_entry_release(walk->top);
    heap_free(walk->text);
    walk->at = walk->top = NULL;
    walk->text = NULL;
}

// --- steps --------------------------------------------------------------------------------------

// The next component becomes `last`; length 0 when there is none.
static int next_component(struct path_walk *walk) {
    while (*walk->rest == '/') {
        walk->rest++;
    }
    walk->last = walk->rest;
    while (*walk->rest != '/' && *walk->rest != '\0') {
        walk->rest++;
    }
    walk->last_length = (size_t)(walk->rest - walk->last);
    walk->slash = *walk->rest == '/';
    while (*walk->rest == '/') {
        walk->rest++;
    }
    if (walk->last_length == 0) {
        return 0;
    }
    if (!S_ISDIR(walk->at->inode->mode)) {
        return -ENOTDIR;
    }
    int error = inode_permission(walk->at->inode, MAY_EXEC, walk->credentials);
    if (error != 0) {
        return error;
    }
    return walk->last_length > NAME_MAX ? -ENAMETOOLONG : 0;
}

static bool is_dot(const struct path_walk *walk) {
    return walk->last_length == 1 && walk->last[0] == '.';
}

static bool is_dot_dot(const struct path_walk *walk) {
    return walk->last_length == 2 && walk->last[0] == '.' && walk->last[1] == '.';
}

bool path_walk_last_is_name(const struct path_walk *walk) {
    return walk->last_length > 0 && !is_dot(walk) && !is_dot_dot(walk);
}

static int go_up(struct path_walk *walk) {
    if (walk->at == walk->top) {
        return (walk->flags & WALK_BENEATH) != 0 ? -EXDEV : 0;
    }
    struct path_entry *parent = walk->at->parent;
    if (parent == NULL) {
        return 0;
    }
    if ((walk->flags & WALK_NO_MOUNTS) != 0 && parent->inode->device != walk->at->inode->device) {
        return -EXDEV;
    }
    go_to(walk, parent);
    return 0;
}

// A link that leads to a thing: the walk is there at once.
static int jump(struct path_walk *walk, struct path_entry *link) {
    if ((walk->flags & (WALK_NO_MAGIC | WALK_BENEATH | WALK_IN_ROOT)) != 0) {
        return (walk->flags & WALK_NO_MAGIC) != 0 ? -ELOOP : -EXDEV;
    }
    struct path_entry *target;
    int error = link->inode->ops->follow(link->inode, &target);
    if (error == 0) {
        path_entry_release(walk->at);
        walk->at = target;
    }
    return error;
}

// The link's text, the slashes that followed its name, and what was to come after them.
static int expand(struct path_walk *walk, const struct path_entry *link) {
    size_t rest_size = strlen(walk->rest) + 1;
    char *text = heap_alloc(PATH_MAX + 1 + rest_size);
    if (text == NULL) {
        return -ENOMEM;
    }
    ssize_t length = link->inode->ops->readlink(link->inode, text, PATH_MAX);
    if (length <= 0) {
        heap_free(text);
        return length == 0 ? -ENOENT : (int)length;
    }
    if (walk->slash) {
        text[length++] = '/';
    }
    memcpy(text + length, walk->rest, rest_size);
    heap_free(walk->text);
    walk->text = text;
    walk->rest = text;
    if (text[0] != '/') {
        return 0;
    }
    if ((walk->flags & WALK_BENEATH) != 0) {
        return -EXDEV;
    }
    go_to(walk, walk->top);
    return 0;
}

static int follow(struct path_walk *walk, struct path_entry *link) {
    if (walk->links++ >= LINKS_MAX || (walk->flags & WALK_NO_LINKS) != 0) {
        return -ELOOP;
    }
    inode_accessed(&(struct file){.inode = link->inode});
    walk->jumped = link->inode->ops->follow != NULL;
    return walk->jumped ? jump(walk, link) : expand(walk, link);
}

// Through the component that `last` names. A link is followed when `links` says so.
static int step(struct path_walk *walk, bool links) {
    if (is_dot(walk)) {
        return 0;
    }
    if (is_dot_dot(walk)) {
        return go_up(walk);
    }
    struct path_entry *child;
    int error = path_entry_lookup(walk->at, walk->last, walk->last_length, &child);
    if (error != 0) {
        return error;
    }
    if (S_ISLNK(child->inode->mode) && links) {
        error = follow(walk, child);
        path_entry_release(child);
        return error;
    }
    if ((walk->flags & WALK_NO_MOUNTS) != 0 && child->inode->device != walk->at->inode->device) {
        path_entry_release(child);
        return -EXDEV;
    }
    path_entry_release(walk->at);
    walk->at = child;
    return 0;
}

int path_walk_parent(struct path_walk *walk) {
    for (;;) {
        int error = next_component(walk);
        if (error != 0 || walk->last_length == 0 || *walk->rest == '\0') {
            return error;
        }
        error = step(walk, true);
        if (error != 0) {
            return error;
        }
    }
}

int path_walk_link(struct path_walk *walk, struct path_entry *link) {
    int error = follow(walk, link);
    return error != 0 || walk->jumped ? error : path_walk_parent(walk);
}

int path_walk_last(struct path_walk *walk) {
    bool links = (walk->flags & WALK_FOLLOW) != 0;
    bool slash = walk->slash;
    while (walk->last_length > 0) {
        const char *text = walk->text;
        slash |= walk->slash;
        int error = step(walk, links || walk->slash);
        if (error != 0) {
            return error;
        }
        if (walk->text == text) {
            break;
        }
        error = path_walk_parent(walk); // it was a link, and this is its text
        if (error != 0) {
            return error;
        }
    }
    return slash && !S_ISDIR(walk->at->inode->mode) ? -ENOTDIR : 0;
}
