// The common part of poll and select. The first look at the files queues the thread on everything
// they may wake it by; the files are held meanwhile, so that their queues stay. Later looks only
// ask.
#include "poll_wait.h"

#include <asm/errno.h>
#include <asm/poll.h>

#include "clock.h"
#include "file.h"
#include "heap.h"
#include "timespec.h"
#include "wait.h"

enum { FIRST_WAITERS = 6, MORE_WAITERS = 32 };

// Waiters must not move while they are queued, so there are more of them in chunks.
struct waiter_chunk {
    struct waiter_chunk *next;
    struct waiter waiters[MORE_WAITERS];
};

struct waits {
    struct poll_table table;
    struct waiter first[FIRST_WAITERS];
    size_t used;
    struct waiter_chunk *chunks;
    size_t chunk_used;
    bool failed;
};

static struct waiter *next_waiter(struct waits *waits) {
    if (waits->used < FIRST_WAITERS) {
        return &waits->first[waits->used++];
    }
    if (waits->chunks == NULL || waits->chunk_used == MORE_WAITERS) {
        struct waiter_chunk *chunk = heap_alloc(sizeof(*chunk));
        if (chunk == NULL) {
            waits->failed = true;
            return NULL;
        }
        chunk->next = waits->chunks;
        waits->chunks = chunk;
        waits->chunk_used = 0;
    }
    return &waits->chunks->waiters[waits->chunk_used++];
}

static void add_wait(struct poll_table *table, struct wait_queue *queue) {
    struct waits *waits = CONTAINER_OF(table, struct waits, table);
    struct waiter *waiter = next_waiter(waits);
    if (waiter != NULL) {
        wait_prepare(waiter);
        wait_add(queue, waiter);
    }
}

static void remove_waits(struct waits *waits) {
    for (size_t i = 0; i < waits->used; i++) {
        wait_remove(&waits->first[i]);
    }
    size_t used = waits->chunk_used;
    while (waits->chunks != NULL) {
        struct waiter_chunk *chunk = waits->chunks;
        for (size_t i = 0; i < used; i++) {
            wait_remove(&chunk->waiters[i]);
        }
        used = MORE_WAITERS;
        waits->chunks = chunk->next;
        heap_free(chunk);
    }
}

uint32_t poll_state(struct file *file, struct poll_table *table) {
    if (file->ops->poll == NULL) {
        return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
    }
    return file->ops->poll(file, table);
}

// Once something is ready nobody is going to sleep, so nothing more is queued.
static int look(struct poll_entry *entries, size_t count, struct poll_table *table) {
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct poll_entry *entry = &entries[i];
        if (entry->file != NULL) {
            uint32_t state = poll_state(entry->file, ready == 0 ? table : NULL);
            entry->ready = state & (entry->wanted | POLLERR | POLLHUP);
        }
        ready += entry->ready != 0;
    }
    return ready;
}

int poll_wait(struct poll_entry *entries, size_t count, uint64_t deadline_ns) {
    struct waits waits = {.table.add = add_wait};
    struct poll_table *table = deadline_ns == 0 ? NULL : &waits.table;
    int error = 0, ready;
    while ((ready = look(entries, count, table)) == 0 && error == 0 && deadline_ns != 0) {
        table = NULL;
        if (waits.failed) {
            error = -ENOMEM;
            break;
        }
        error = wait_sleep(deadline_ns);
    }
    remove_waits(&waits);
    if (ready > 0 || error == 0 || error == -ETIMEDOUT) {
        return ready;
    }
    return error == -ERESTARTSYS ? -ERESTARTNOHAND : error;
}

void poll_release(struct poll_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (entries[i].file != NULL) {
            file_release(entries[i].file);
        }
    }
}

// A timeout of zero becomes the deadline 0: a look without a wait.
int poll_deadline(const struct __kernel_timespec __user *timeout, uint64_t *deadline_ns) {
    *deadline_ns = WAIT_FOREVER;
    if (timeout == NULL) {
        return 0;
    }
    uint64_t timeout_ns;
    int error = timespec_get(timeout, &timeout_ns);
    if (error == 0) {
        *deadline_ns = timeout_ns == 0 ? 0 : clock_monotonic_ns() + timeout_ns;
    }
    return error;
}

int poll_remaining(struct __kernel_timespec __user *timeout, uint64_t deadline_ns) {
    if (timeout == NULL) {
        return 0;
    }
    uint64_t now_ns = clock_monotonic_ns();
    return timespec_put(timeout, deadline_ns > now_ns ? deadline_ns - now_ns : 0);
}
