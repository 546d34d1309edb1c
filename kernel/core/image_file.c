// The image's files without the VFS: hello world needs its own bytes mapped and nothing else of a
// file system. fs/ offers the same pages under the same names once it is linked. Only lookup, read
// and map exist here.
#include <linux/stat.h>

#include "arch.h"
#include "exec.h"
#include "file.h"
#include "image.h"
#include "page.h"
#include "string.h"
#include "vfs.h"

enum { WALK_DEPTH = 32, WALK_LINKS = 8 };

struct walk {
    const struct image_node *nodes[WALK_DEPTH]; // from the root to where we are, for ".."
    unsigned depth, links;
};

static bool walk_path(struct walk *walk, const char *path, size_t length);

static const char *image_bytes(const struct image_node *node) {
    return (const char *)image_blob + node->data_offset;
}

static const struct image_node *image_child(const struct image_node *dir, const char *name,
                                            size_t length) {
    if (!S_ISDIR(dir->mode)) {
        return NULL;
    }
    for (uint32_t i = 0; i < dir->node_count; i++) {
        const struct image_node *child = image_node(dir->node_first + i);
        const char *child_name = image_name(child->name);
        if (strlen(child_name) == length && memcmp(child_name, name, length) == 0) {
            return child;
        }
    }
    return NULL;
}

static bool walk_component(struct walk *walk, const char *name, size_t length) {
    if (length == 1 && name[0] == '.') {
        return true;
    }
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        walk->depth -= walk->depth > 0;
        return true;
    }
    const struct image_node *child = image_child(walk->nodes[walk->depth], name, length);
    if (child == NULL) {
        return false;
    }
    if (S_ISLNK(child->mode)) {
        return walk->links++ < WALK_LINKS && walk_path(walk, image_bytes(child), child->size_bytes);
    }
    if (walk->depth + 1 == WALK_DEPTH) {
        return false;
    }
    walk->nodes[++walk->depth] = child;
    return true;
}

static bool walk_path(struct walk *walk, const char *path, size_t length) {
    if (length > 0 && path[0] == '/') {
        walk->depth = 0;
    }
    size_t start = 0;
    while (start < length) {
        size_t end = start;
        while (end < length && path[end] != '/') {
            end++;
        }
        if (end > start && !walk_component(walk, path + start, end - start)) {
            return false;
        }
        start = end + 1;
    }
    return true;
}

const struct image_node *image_find(const char *path) {
    struct walk walk = {.nodes = {image_node(0)}};
    return walk_path(&walk, path, strlen(path)) ? walk.nodes[walk.depth] : NULL;
}

// The directory that holds node number `index`, or NULL for the root.
static const struct image_node *image_parent(uint32_t index) {
    for (uint32_t i = 0; i < image_blob->node_count; i++) {
        const struct image_node *dir = image_node(i);
        if (S_ISDIR(dir->mode) && index - dir->node_first < dir->node_count) {
            return dir;
        }
    }
    return NULL;
}

void image_path(const struct image_node *node, char *path, size_t size_bytes) {
    size_t start = size_bytes - 1; // built backwards from the end, then moved to the front
    path[start] = '\0';
    const struct image_node *dir;
    while ((dir = image_parent((uint32_t)(node - image_node(0)))) != NULL && dir != node) {
        const char *name = image_name(node->name);
        size_t length = strlen(name);
        if (length + 1 > start) {
            break;
        }
        start -= length + 1;
        path[start] = '/';
        memcpy(path + start + 1, name, length);
        node = dir;
    }
    memmove(path, path + start, size_bytes - start);
}

static ssize_t image_file_read(struct file *file, struct uio *to, off_t *offset) {
    const struct image_node *node = file->private;
    if (*offset < 0 || (uint64_t)*offset >= node->size_bytes) {
        return 0;
    }
    size_t size = MIN(to->remaining, node->size_bytes - (uint64_t)*offset);
    size_t moved = uio_write(to, image_bytes(node) + *offset, size);
    *offset += (off_t)moved;
    return (ssize_t)moved;
}

static uint64_t image_file_page(struct file *file, uint64_t index, bool write) {
    const struct image_node *node = file->private;
    if (write || index >= PAGE_UP(node->size_bytes) / PAGE_SIZE) {
        return 0; // nothing can open an image file for writing by this way
    }
    uint64_t pa = va_to_pa(image_bytes(node)) + index * PAGE_SIZE;
    page_hold(pa);
    return pa;
}

static const struct file_ops image_file_ops = {
    .read = image_file_read,
    .page = image_file_page,
};

struct file *image_file_open(const char *path) {
    const struct image_node *node = image_find(path);
    if (node == NULL || !S_ISREG(node->mode)) {
        return NULL;
    }
    struct file *file = file_new(&image_file_ops, 0, (void *)(uintptr_t)node);
    if (file != NULL) {
        file->anonymous_mode = S_IFREG;
    }
    return file;
}

const struct image_node *image_node_of_file(const struct file *file) {
    if (file->inode != NULL) {
        return file->inode->image;
    }
    return file->ops == &image_file_ops ? file->private : NULL;
}
