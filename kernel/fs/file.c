// Open files: a count of who holds them. Apart from everything else because memory areas hold files
// too.
#include "file.h"

#include "heap.h"
#include "notify.h"
#include "report.h"

struct file *file_new(const struct file_ops *ops, uint32_t flags, void *private) {
    struct file *file = heap_alloc_zeroed(sizeof(*file));
    if (file != NULL) {
        file->ops = ops;
        file->references = 1;
        list_init(&file->watches);
        file->flags = flags;
        file->private = private;
    }
    return file;
}

void (*file_told)(const struct file *file, uint32_t mask);

void file_hold(struct file *file) {
    file->references++;
}

void file_release(struct file *file) {
    ASSERT(file->references > 0);
    if (--file->references > 0) {
        return;
    }
    while (!list_empty(&file->watches)) {
        struct file_watch *watch = LIST_FIRST(&file->watches, struct file_watch, node);
        watch->gone(watch);
    }
    if (file->ops->release != NULL) {
        file->ops->release(file);
    }
    if (file->forget != NULL) {
        file->forget(file);
    }
    heap_free(file);
}
