// /proc/PID/mounts and mountinfo. There is one name space, so every process sees the same.
#include "mounts.h"
#include "path.h"
#include "proc.h"
#include "string.h"

// The texts stand in columns: blanks, tabs, newlines and backslashes in octal (getmntent(3)).
static void add_escaped(struct proc_text *text, const char *path) {
    for (; *path != '\0'; path++) {
        if (strchr(" \t\n\\", *path) != NULL) {
            proc_add_bytes(text, "\\", 1);
            proc_add_octal(text, (unsigned char)*path, 3);
        } else {
            proc_add_bytes(text, path, 1);
        }
    }
}

void proc_mounts(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "tmpfs / tmpfs rw,relatime 0 0\n");
    LIST_FOR_EACH (mount, &mounts, struct mount, node) {
        proc_add(text, "%s ", mount->type);
        add_escaped(text, mount->path);
        proc_add(text, " %s rw,relatime 0 0\n", mount->type);
    }
}

// The mount whose directory holds this one's: the longest path that is a beginning of it.
static unsigned parent_of(const struct mount *child) {
    unsigned parent = MOUNT_ROOT_ID;
    size_t longest = 0;
    LIST_FOR_EACH (mount, &mounts, struct mount, node) {
        size_t length = strlen(mount->path);
        bool begins = strncmp(child->path, mount->path, length) == 0 &&
                      (child->path[length] == '/' || child->path[length] == '\0');
        if (mount != child && mount->id < child->id && begins && length >= longest) {
            longest = length;
            parent = mount->id;
        }
    }
    return parent;
}

static void add_numbers(struct proc_text *text, unsigned id, unsigned parent, uint64_t device) {
    proc_add(text, "%u %u %u:%u ", id, parent, (unsigned)(device >> 8 & 0xfff),
             (unsigned)((device & 0xff) | (device >> 12 & 0xfff00)));
}

void proc_mountinfo(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    add_numbers(text, MOUNT_ROOT_ID, 0, path_root()->inode->device);
    proc_add(text, "/ / rw,relatime - tmpfs tmpfs rw\n");
    LIST_FOR_EACH (mount, &mounts, struct mount, node) {
        add_numbers(text, mount->id, parent_of(mount), mount->device);
        add_escaped(text, mount->source);
        proc_add_bytes(text, " ", 1);
        add_escaped(text, mount->path);
        proc_add(text, " rw,relatime - %s %s rw\n", mount->type, mount->type);
    }
}
