// The root of the tree is the image's node 0. It comes into being with the first question for it,
// so that nothing here has to be started before anything else.
#include "root.h"

#include <linux/stat.h>

#include "image.h"
#include "path.h"
#include "report.h"
#include "string.h"
#include "tmpfs.h"

enum { DIRECTORY_MODE = S_IFDIR | 0755 };

struct path_entry *path_root(void) {
    static struct path_entry *root;
    if (root == NULL) {
        struct inode *inode = tmpfs_inode_of_image(image_node(0));
        root = inode == NULL ? NULL : path_entry_new(NULL, "", 0, inode);
    }
    if (root == NULL) {
        panic("no memory for the root directory");
    }
    return root;
}

static struct inode *root_inode(void) {
    return path_root()->inode;
}

struct inode *root_directory(const char *name) {
    struct inode *root = root_inode();
    struct inode *inode;
    if (root->ops->lookup(root, name, strlen(name), &inode) != 0 &&
        root->ops->create(root, name, strlen(name), DIRECTORY_MODE, 0, &inode) != 0) {
        return NULL;
    }
    if (!S_ISDIR(inode->mode)) {
        inode_release(inode);
        return NULL;
    }
    return inode;
}

bool root_exists(struct inode *dir, const char *name) {
    struct inode *inode;
    if (dir->ops->lookup(dir, name, strlen(name), &inode) != 0) {
        return false;
    }
    inode_release(inode);
    return true;
}

void root_make(const char *directory_name, const char *name, mode_t mode, uint64_t rdev) {
    struct inode *dir = root_directory(directory_name);
    struct inode *made;
    if (dir == NULL) {
        return;
    }
    if (!root_exists(dir, name) &&
        dir->ops->create(dir, name, strlen(name), mode, rdev, &made) == 0) {
        inode_release(made);
    }
    inode_release(dir);
}
