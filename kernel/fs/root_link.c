// Links that subsystems put into the tree at boot.
#include "root.h"
#include "string.h"
#include "tmpfs.h"

void root_make_link(const char *directory_name, const char *name, const char *target) {
    struct inode *dir = root_directory(directory_name);
    struct inode *made;
    if (dir == NULL) {
        return;
    }
    if (!root_exists(dir, name) && tmpfs_symlink(dir, name, strlen(name), target, &made) == 0) {
        inode_release(made);
    }
    inode_release(dir);
}
