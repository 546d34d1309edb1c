// See lock.h. All locks are in one list: there are few, and a search is short.
#include "lock.h"

#include <asm/errno.h>
#include <linux/fcntl.h>

#include "heap.h"
#include "wait.h"

struct lock {
    struct list node;
    struct file_watch watch; // when `range.file` is there
    struct lock_range range;
};

static struct list locks = LIST_INIT(locks);
static struct wait_queue changed = WAIT_QUEUE_INIT(changed);

static bool concerns(const struct lock_range *lock, const struct lock_range *wanted) {
    return lock->inode == wanted->inode && lock->kind == wanted->kind &&
           lock->start <= wanted->end && lock->end >= wanted->start;
}

const struct lock_range *lock_conflict(const struct lock_range *wanted) {
    LIST_FOR_EACH (lock, &locks, struct lock, node) {
        const struct lock_range *range = &lock->range;
        bool exclusive = range->type == F_WRLCK || wanted->type == F_WRLCK;
        if (range->owner != wanted->owner && exclusive && concerns(range, wanted)) {
            return range;
        }
    }
    return NULL;
}

static void forget_watch(struct lock *lock) {
    if (lock->range.file != NULL) {
        list_remove(&lock->watch.node);
    }
}

static void remove(struct lock *lock) {
    forget_watch(lock);
    list_remove(&lock->node);
    heap_free(lock);
}

static void file_gone(struct file_watch *watch) {
    remove(CONTAINER_OF(watch, struct lock, watch));
    wait_wake(&changed, 0);
}

// Consumes `lock`, which is fresh memory.
static void add(struct lock *lock, const struct lock_range *range) {
    lock->range = *range;
    lock->watch.gone = file_gone;
    if (range->file != NULL) {
        list_push_front(&range->file->watches, &lock->watch.node);
    }
    list_push_back(&locks, &lock->node);
}

// Takes the wanted part out of one own lock. The piece behind it, if any, becomes a lock in *spare.
static void cut(struct lock *lock, const struct lock_range *wanted, struct lock **spare) {
    struct lock_range behind = lock->range;
    bool before = lock->range.start < wanted->start;
    if (lock->range.end > wanted->end) {
        behind.start = wanted->end + 1;
        if (!before) {
            lock->range.start = behind.start;
            return;
        }
        add(*spare, &behind);
        *spare = NULL;
    }
    if (!before) {
        remove(lock);
        return;
    }
    lock->range.end = wanted->start - 1;
}

static void cut_all(const struct lock_range *wanted, struct lock **spare) {
    LIST_FOR_EACH_SAFE (lock, &locks, struct lock, node) {
        if (lock->range.owner == wanted->owner && concerns(&lock->range, wanted)) {
            cut(lock, wanted, spare);
        }
    }
}

// Neighbours of the same kind become one, as F_GETLK shows them.
static void join(struct lock_range *wanted) {
    LIST_FOR_EACH_SAFE (lock, &locks, struct lock, node) {
        const struct lock_range *range = &lock->range;
        bool same = range->owner == wanted->owner && range->inode == wanted->inode &&
                    range->kind == wanted->kind && range->type == wanted->type;
        bool follows = range->start > 0 && range->start - 1 == wanted->end;
        bool precedes = wanted->start > 0 && wanted->start - 1 == range->end;
        if (same && (follows || precedes)) {
            wanted->start = MIN(wanted->start, range->start);
            wanted->end = MAX(wanted->end, range->end);
            remove(lock);
        }
    }
}

// flock(2): to exchange a lock for another is to give up the one and ask for the other, and who
// must not wait, or is interrupted, has neither.
static void give_up_whole(const struct lock_range *wanted) {
    LIST_FOR_EACH_SAFE (lock, &locks, struct lock, node) {
        const struct lock_range *own = &lock->range;
        if (own->owner == wanted->owner && concerns(own, wanted) && own->type != wanted->type) {
            remove(lock);
            wait_wake(&changed, 0);
        }
    }
}

static int wait_for_others(const struct lock_range *wanted, bool wait) {
    if (wanted->type == F_UNLCK || lock_conflict(wanted) == NULL) {
        return 0;
    }
    return wait ? WAIT_EVENT(&changed, lock_conflict(wanted) == NULL, WAIT_FOREVER) : -EAGAIN;
}

int lock_set(const struct lock_range *wanted, bool wait) {
    if (wanted->kind == LOCK_WHOLE) {
        give_up_whole(wanted);
    }
    int error = wait_for_others(wanted, wait);
    if (error != 0) {
        return error;
    }
    struct lock *spare = heap_alloc(sizeof(*spare));
    struct lock *new = heap_alloc(sizeof(*new));
    if (spare == NULL || new == NULL) {
        heap_free(spare);
        heap_free(new);
        return -ENOLCK;
    }
    cut_all(wanted, &spare);
    if (wanted->type != F_UNLCK) {
        struct lock_range range = *wanted;
        join(&range);
        add(new, &range);
        new = NULL;
    }
    heap_free(spare);
    heap_free(new);
    wait_wake(&changed, 0);
    return 0;
}

void lock_drop(const struct inode *inode, const void *owner) {
    bool dropped = false;
    LIST_FOR_EACH_SAFE (lock, &locks, struct lock, node) {
        if (lock->range.inode == inode && lock->range.owner == owner) {
            remove(lock);
            dropped = true;
        }
    }
    if (dropped) {
        wait_wake(&changed, 0);
    }
}
