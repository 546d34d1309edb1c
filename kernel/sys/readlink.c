// readlinkat(2). An empty path reads the link that dirfd itself is (O_PATH | O_NOFOLLOW).
#include <asm/errno.h>
#include <linux/limits.h>

#include "heap.h"
#include "path.h"
#include "syscall.h"
#include "usercopy.h"

static long read_text(struct inode *inode, char __user *to, size_t size_bytes) {
    char *text = heap_alloc(PATH_MAX);
    if (text == NULL) {
        return -ENOMEM;
    }
    long length = inode->ops->readlink(inode, text, PATH_MAX);
    if (length > 0) {
        length = MIN(length, (long)size_bytes);
        length = copy_to_user(to, text, (size_t)length) != 0 ? -EFAULT : length;
    }
    heap_free(text);
    return length;
}

static bool is_empty(const char __user *path) {
    char first = '\0';
    return get_user(first, path) == 0 && first == '\0';
}

SYSCALL(readlinkat)(int dirfd, const char __user *path, char __user *buf, int size) {
    if (size <= 0) {
        return -EINVAL;
    }
    struct path_entry *entry;
    int error = path_find(dirfd, path, WALK_EMPTY, &entry);
    if (error != 0) {
        return error;
    }
    long result;
    if (entry->inode->ops->readlink != NULL) {
        inode_accessed(&(struct file){.inode = entry->inode});
        result = read_text(entry->inode, buf, (size_t)size);
    } else {
        result = is_empty(path) ? -ENOENT : -EINVAL;
    }
    path_entry_release(entry);
    return result;
}
