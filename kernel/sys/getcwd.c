// getcwd(2).
#include <asm/errno.h>
#include <linux/limits.h>

#include "heap.h"
#include "path.h"
#include "string.h"
#include "syscall.h"
#include "usercopy.h"

static long copy_path(char *buffer, char __user *to, unsigned long size) {
    const struct fs_context *context = fs_context_current();
    const char *text = path_entry_text(context->cwd, context->root, buffer, PATH_MAX);
    if (text == NULL) {
        return -ENAMETOOLONG;
    }
    size_t length = strlen(text) + 1;
    if (length > size) {
        return -ERANGE;
    }
    return copy_to_user(to, text, length) != 0 ? -EFAULT : (long)length;
}

SYSCALL(getcwd)(char __user *buf, unsigned long size) {
    if (fs_context_current()->cwd->removed) {
        return -ENOENT;
    }
    char *buffer = heap_alloc(PATH_MAX);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    long result = copy_path(buffer, buf, size);
    heap_free(buffer);
    return result;
}
