// Descriptor tables: small numbers for open files. A table may be shared (threads) and copied
// (fork).
#include <asm/errno.h>
#include <linux/resource.h>

#include "exec.h"
#include "fd.h"
#include "heap.h"
#include "string.h"
#include "thread.h"

enum { FIRST_CAPACITY = 16, STANDARD_FILES = 3 };

struct fd_table *fd_table_new(void) {
    struct fd_table *table = heap_alloc_zeroed(sizeof(*table));
    if (table != NULL) {
        table->references = 1;
    }
    return table;
}

static struct fd_slot *slot_of(struct fd_table *table, int fd) {
    if (table == NULL || fd < 0 || (size_t)fd >= table->capacity || table->slots[fd].file == NULL) {
        return NULL;
    }
    return &table->slots[fd];
}

struct fd_slot *fd_slot(int fd) {
    return slot_of(process_current()->files, fd);
}

struct file *fd_get(int fd) {
    struct fd_slot *slot = fd_slot(fd);
    if (slot == NULL) {
        return NULL;
    }
    file_hold(slot->file);
    return slot->file;
}

int fd_reserve(struct fd_table *table, size_t count) {
    if (count <= table->capacity) {
        return 0;
    }
    size_t capacity = MAX(table->capacity, FIRST_CAPACITY);
    while (capacity < count) {
        capacity *= 2;
    }
    struct fd_slot *slots = heap_resize(table->slots, capacity * sizeof(*slots));
    if (slots == NULL) {
        return -ENOMEM;
    }
    memset(slots + table->capacity, 0, (capacity - table->capacity) * sizeof(*slots));
    table->slots = slots;
    table->capacity = capacity;
    return 0;
}

static int install(struct process *process, struct file *file, int lowest, bool close_on_exec) {
    struct fd_table *table = process->files;
    uint64_t limit = process->limits[RLIMIT_NOFILE].current;
    size_t fd = MAX((size_t)lowest, table->first_free);
    while (fd < table->capacity && table->slots[fd].file != NULL) {
        fd++;
    }
    int error = fd >= limit ? -EMFILE : fd_reserve(table, fd + 1);
    if (error != 0) {
        file_release(file);
        return error;
    }
    table->slots[fd] = (struct fd_slot){.file = file, .close_on_exec = close_on_exec};
    if ((size_t)lowest <= table->first_free) {
        table->first_free = fd + 1;
    }
    return (int)fd;
}

int fd_install(struct file *file, int lowest, bool close_on_exec) {
    return install(process_current(), file, lowest, close_on_exec);
}

int fd_close(int fd) {
    struct fd_slot *slot = fd_slot(fd);
    if (slot == NULL) {
        return -EBADF;
    }
    struct file *file = slot->file;
    *slot = (struct fd_slot){0};
    process_current()->files->first_free = MIN(process_current()->files->first_free, (size_t)fd);
    fd_closing(file);
    file_release(file);
    return 0;
}

SET_DECLARE(fd_close, fd_close_fn);

void fd_closing(struct file *file) {
    SET_FOR_EACH (hook, fd_close, fd_close_fn) {
        (*hook)(file);
    }
}

struct fd_table *fd_table_copy(struct fd_table *from) {
    struct fd_table *table = fd_table_new();
    if (table == NULL || fd_reserve(table, from->capacity) != 0) {
        heap_free(table);
        return NULL;
    }
    for (size_t fd = 0; fd < from->capacity; fd++) {
        table->slots[fd] = from->slots[fd];
        if (table->slots[fd].file != NULL) {
            file_hold(table->slots[fd].file);
        }
    }
    return table;
}

void fd_table_release(struct fd_table *table) {
    if (--table->references > 0) {
        return;
    }
    for (size_t fd = 0; fd < table->capacity; fd++) {
        struct file *file = table->slots[fd].file;
        if (file != NULL) {
            table->slots[fd].file = NULL;
            fd_closing(file);
            file_release(file);
        }
    }
    heap_free(table->slots);
    heap_free(table);
}

static void standard_files(struct process *process) {
    process->files = fd_table_new();
    for (int fd = 0; fd < STANDARD_FILES && process->files != NULL; fd++) {
        struct file *file = console_open(fd);
        if (file != NULL) {
            install(process, file, fd, false);
        }
    }
}
PROCESS_START_HOOK(1, standard_files);

static void close_all(struct process *process) {
    if (process->files != NULL) {
        fd_table_release(process->files);
        process->files = NULL;
    }
}
PROCESS_EXIT_HOOK(2, close_all);
