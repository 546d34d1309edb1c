// Special files find who serves them in the set of devices; those that have a name get a node in
// /dev.
#include <asm/errno.h>
#include <linux/stat.h>

#include "path.h"
#include "root.h"
#include "string.h"

enum { MINOR = 0xff };

int device_open(struct inode *inode, struct file *file) {
    mode_t type = inode->mode & S_IFMT;
    SET_FOR_EACH (device, device, struct device_ops) {
        uint64_t wanted = device->name != NULL ? inode->rdev : inode->rdev & ~(uint64_t)MINOR;
        if ((device->mode & S_IFMT) == type && (S_ISFIFO(type) || device->rdev == wanted)) {
            return device->open(file);
        }
    }
    return -ENXIO;
}

static void make_nodes(void) {
    SET_FOR_EACH (device, device, struct device_ops) {
        if (device->name != NULL) {
            root_make("dev", device->name, device->mode, device->rdev);
        }
    }
}
INITCALL(3, make_nodes);
