// Files that can be mapped, and the descriptors that find them.

#include <asm/fcntl.h>
#include <stdlib.h>

#include "arch.h"
#include "file.h"
#include "host_test.h"
#include "page.h"
#include "string.h"

enum { FD_COUNT = 64 };

struct host_pages {
    size_t count;
    uint64_t of[];
};

static struct file *descriptors[FD_COUNT];
static int next_fd = 3;

static uint64_t private_copy(uint64_t pa) {
    uint64_t copy = page_alloc();
    if (copy != 0) {
        memcpy(pa_to_va(copy), pa_to_va(pa), PAGE_SIZE);
    }
    return copy;
}

static uint64_t pages_page(struct file *file, uint64_t index, bool write) {
    struct host_pages *pages = file->private;
    if (index >= pages->count) {
        return 0;
    }
    if (write && page_is_image(pages->of[index])) {
        uint64_t copy = private_copy(pages->of[index]);
        if (copy == 0) {
            return 0;
        }
        pages->of[index] = copy;
    }
    page_hold(pages->of[index]);
    return pages->of[index];
}

static void pages_release(struct file *file) {
    struct host_pages *pages = file->private;
    for (size_t i = 0; i < pages->count; i++) {
        page_release(pages->of[i]);
    }
    free(pages);
}

static const struct file_ops pages_ops = {.page = pages_page, .release = pages_release};

struct file *file_new(const struct file_ops *ops, uint32_t flags, void *private) {
    struct file *file = calloc(1, sizeof(*file));
    *file = (struct file){.ops = ops, .references = 1, .flags = flags, .private = private};
    return file;
}

void file_hold(struct file *file) {
    file->references++;
}

void file_release(struct file *file) {
    file->references--;
    if (file->references == 0) {
        file->ops->release(file);
        free(file);
    }
}

struct file *host_file(size_t page_count, uint64_t value, uint32_t flags) {
    struct host_pages *pages = malloc(sizeof(*pages) + page_count * sizeof(uint64_t));
    pages->count = page_count;
    for (size_t i = 0; i < page_count; i++) {
        pages->of[i] = page_alloc_zeroed();
        *(uint64_t *)pa_to_va(pages->of[i]) = value + i;
    }
    return file_new(&pages_ops, flags, pages);
}

struct file *host_image_file(uint64_t first_pa, size_t page_count, uint32_t flags) {
    struct host_pages *pages = malloc(sizeof(*pages) + page_count * sizeof(uint64_t));
    pages->count = page_count;
    for (size_t i = 0; i < page_count; i++) {
        pages->of[i] = first_pa + (i << PAGE_SHIFT);
    }
    return file_new(&pages_ops, flags, pages);
}

uint64_t *host_file_word(struct file *file, size_t index) {
    struct host_pages *pages = file->private;
    return pa_to_va(pages->of[index]);
}

int host_fd(struct file *file) {
    int fd = next_fd++;
    descriptors[fd] = file;
    return fd;
}

struct file *fd_get(int fd) {
    if (fd < 0 || fd >= FD_COUNT || descriptors[fd] == NULL) {
        return NULL;
    }
    file_hold(descriptors[fd]);
    return descriptors[fd];
}
