// File systems that are there from the beginning.
#include "mounts.h"
#include "report.h"
#include "root.h"
#include "vfs.h"

enum { PATH_SIZE = 16 };

void root_mount(const char *type, const char *directory_name, struct inode *mounted) {
    char path[PATH_SIZE];
    struct inode *dir = root_directory(directory_name);
    if (dir == NULL) {
        inode_release(mounted);
        return;
    }
    format_string(path, sizeof(path), "/%s", directory_name);
    if (mount_add(&(struct mount){.covered = dir,
                                  .device = mounted->device,
                                  .type = type,
                                  .path = path,
                                  .source = "/"})) {
        dir->mounted = mounted;
    } else {
        inode_release(mounted);
    }
    inode_release(dir);
}
