// Anonymous memory that stays shared over fork and mremap: a file without a name, whose pages are
// made when they are first touched. The index of pages is two levels, so that a large and empty
// mapping costs little.

#include <asm/fcntl.h>

#include "arch.h"
#include "file.h"
#include "heap.h"
#include "memory.h"
#include "page.h"

enum { LEAF_PAGES = PAGE_SIZE / sizeof(uint64_t) };

struct shared_memory {
    size_t page_count, leaf_count;
    uint64_t *leaves[]; // each LEAF_PAGES physical addresses, 0 where nothing is yet
};

static uint64_t shared_page(struct file *file, uint64_t index, bool write) {
    (void)write;
    struct shared_memory *memory = file->private;
    if (index >= memory->page_count) {
        return 0;
    }
    uint64_t **leaf = &memory->leaves[index / LEAF_PAGES];
    if (*leaf == NULL) {
        *leaf = heap_alloc_zeroed(PAGE_SIZE);
    }
    if (*leaf == NULL) {
        return 0;
    }
    uint64_t *slot = &(*leaf)[index % LEAF_PAGES];
    if (*slot == 0) {
        *slot = page_alloc_zeroed();
    }
    if (*slot != 0) {
        page_hold(*slot);
    }
    return *slot;
}

static void shared_release(struct file *file) {
    struct shared_memory *memory = file->private;
    for (size_t i = 0; i < memory->leaf_count; i++) {
        for (size_t j = 0; memory->leaves[i] != NULL && j < LEAF_PAGES; j++) {
            if (memory->leaves[i][j] != 0) {
                page_release(memory->leaves[i][j]);
            }
        }
        heap_free(memory->leaves[i]);
    }
    heap_free(memory);
}

static const struct file_ops shared_ops = {.page = shared_page, .release = shared_release};

struct file *memory_shared_new(uint64_t size_bytes) {
    size_t page_count = PAGE_UP(size_bytes) >> PAGE_SHIFT;
    size_t leaf_count = (page_count + LEAF_PAGES - 1) / LEAF_PAGES;
    struct shared_memory *memory =
        heap_alloc_zeroed(sizeof(*memory) + leaf_count * sizeof(memory->leaves[0]));
    if (memory == NULL) {
        return NULL;
    }
    memory->page_count = page_count;
    memory->leaf_count = leaf_count;
    struct file *file = file_new(&shared_ops, O_RDWR, memory);
    if (file == NULL) {
        heap_free(memory);
    }
    return file;
}

size_t memory_shared_pages(const struct file *file) {
    const struct shared_memory *memory = file->private;
    size_t count = 0;
    for (size_t i = 0; i < memory->leaf_count; i++) {
        for (size_t j = 0; memory->leaves[i] != NULL && j < LEAF_PAGES; j++) {
            count += memory->leaves[i][j] != 0 ? 1 : 0;
        }
    }
    return count;
}
