// Working directory, root and umask of a process; the first one starts where the image says.
#include <linux/fcntl.h>

#include "exec.h"
#include "heap.h"
#include "image.h"
#include "path.h"
#include "thread.h"

enum { DEFAULT_UMASK = 022 };

struct fs_context *fs_context_current(void) {
    return process_current()->fs;
}

static struct fs_context *context_at(struct path_entry *root, struct path_entry *cwd,
                                     mode_t umask) {
    struct fs_context *context = heap_alloc(sizeof(*context));
    if (context != NULL) {
        *context = (struct fs_context){.references = 1, .root = root, .cwd = cwd, .umask = umask};
        path_entry_hold(root);
        path_entry_hold(cwd);
    }
    return context;
}

struct fs_context *fs_context_copy(const struct fs_context *from) {
    return context_at(from->root, from->cwd, from->umask);
}

void fs_context_release(struct fs_context *context) {
    if (--context->references > 0) {
        return;
    }
    path_entry_release(context->cwd);
    path_entry_release(context->root);
    heap_free(context);
}

// Links in this path are not followed: there is no process yet that could walk.
static struct path_entry *find_directory(struct path_entry *at, const char *path) {
    path_entry_hold(at);
    while (*path != '\0') {
        const char *name = path;
        while (*path != '/' && *path != '\0') {
            path++;
        }
        struct path_entry *child = at;
        if (path != name && path_entry_lookup(at, name, (size_t)(path - name), &child) != 0) {
            path_entry_release(at);
            return NULL;
        }
        if (child != at) {
            path_entry_release(at);
            at = child;
        }
        path += *path == '/';
    }
    return at;
}

struct fs_context *fs_context_new(const char *cwd) {
    struct path_entry *root = path_root();
    struct path_entry *start = find_directory(root, cwd);
    struct fs_context *context = context_at(root, start == NULL ? root : start, DEFAULT_UMASK);
    path_entry_release(start);
    return context;
}

static void first_context(struct process *process) {
    process->fs = fs_context_new(image_name(image_blob->working_directory));
}
PROCESS_START_HOOK(0, first_context);

static void leave(struct process *process) {
    if (process->fs != NULL) {
        fs_context_release(process->fs);
        process->fs = NULL;
    }
}
PROCESS_EXIT_HOOK(3, leave);
