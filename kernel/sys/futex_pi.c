// futex(2): locks with priority inheritance. The word holds the owner's number, FUTEX_WAITERS when
// the kernel must be asked to unlock, FUTEX_OWNER_DIED when an owner ended with the lock in its
// hands. The kernel knows a lock only while somebody waits for it; then it hands the lock on
// itself, to the first of the highest priority, and lends the owner that priority meanwhile (Linux,
// Documentation/locking/pi-futex.rst).
#include "arch.h"
#include "futex.h"
#include "heap.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"
#include "wait.h"

#include <linux/errno.h>
#include <linux/futex.h>

enum { CHAIN_MAX = 1024 }; // Linux's max_lock_depth

struct pi_lock {
    struct list node; // of all locks
    struct futex_key key;
    struct thread *owner;
    struct list waiters; // by priority, then in order of arrival
};

struct pi_waiter {
    struct list node;
    struct thread *thread;
    struct pi_lock *lock;    // NULL: FUTEX_CMP_REQUEUE_PI has not moved it here yet
    struct futex_key target; // ... and where it may
    bool granted;
};

static struct list locks = LIST_INIT(locks);

static struct pi_lock *lock_find(const struct futex_key *key) {
    LIST_FOR_EACH (lock, &locks, struct pi_lock, node) {
        if (futex_same_key(&lock->key, key)) {
            return lock;
        }
    }
    return NULL;
}

// --- what priorities do -------------------------------------------------------------------------

static struct pi_waiter *first_waiter(const struct pi_lock *lock) {
    return LIST_FIRST(&lock->waiters, struct pi_waiter, node);
}

static void insert(struct pi_lock *lock, struct pi_waiter *waiter) {
    struct list *before = lock->waiters.prev;
    while (before != &lock->waiters &&
           thread_priority(LIST_ENTRY(before, struct pi_waiter, node)->thread) <
               thread_priority(waiter->thread)) {
        before = before->prev;
    }
    waiter->lock = lock;
    list_insert_after(before, &waiter->node);
}

// A thread waits for one lock at most.
static struct pi_waiter *wait_of(const struct thread *thread) {
    LIST_FOR_EACH (lock, &locks, struct pi_lock, node) {
        LIST_FOR_EACH (waiter, &lock->waiters, struct pi_waiter, node) {
            if (waiter->thread == thread) {
                return waiter;
            }
        }
    }
    return NULL;
}

static int inherited_priority(const struct thread *owner) {
    int priority = 0;
    LIST_FOR_EACH (lock, &locks, struct pi_lock, node) {
        const struct pi_waiter *first = lock->owner == owner ? first_waiter(lock) : NULL;
        priority = MAX(priority, first == NULL ? 0 : thread_priority(first->thread));
    }
    return priority;
}

// The owner's own wait moves up, and so do those that it waits for.
static void lend_priority(struct thread *owner) {
    for (int depth = 0; owner != NULL && depth < CHAIN_MAX; depth++) {
        int boost = inherited_priority(owner);
        if (boost == owner->boost) {
            return;
        }
        owner->boost = boost;
        thread_priority_changed(owner);
        struct pi_waiter *waiter = wait_of(owner);
        if (waiter == NULL) {
            return;
        }
        list_remove(&waiter->node);
        insert(waiter->lock, waiter);
        owner = waiter->lock->owner;
    }
}

// Would `thread` in the end wait for itself?
static bool would_deadlock(const struct thread *owner, const struct thread *thread) {
    for (int depth = 0; owner != thread && depth < CHAIN_MAX; depth++) {
        const struct pi_waiter *waiter = wait_of(owner);
        if (waiter == NULL) {
            return false;
        }
        owner = waiter->lock->owner;
    }
    return true;
}

// --- the word -----------------------------------------------------------------------------------

struct pi_word {
    uint64_t address;
    struct futex_key key;
};

// What the word is to be: the thread's, if nobody has it, else marked for the owner to see.
static uint32_t word_wanted(uint32_t value, bool available, const struct thread *thread,
                            uint32_t waiters) {
    if (!available) {
        return value | FUTEX_WAITERS;
    }
    return (uint32_t)thread->tid | (value & FUTEX_OWNER_DIED) | waiters;
}

// 0: `thread` has the lock now. -EAGAIN: it must wait, and the word says that somebody does.
// `waiters`: FUTEX_WAITERS when others come after it.
static int take(const struct pi_word *word, const struct thread *thread, uint32_t waiters,
                uint32_t *value) {
    const struct pi_lock *lock = lock_find(&word->key);
    uint32_t found;
    bool available;
    if (futex_read(word->address, &found) != 0) {
        return -EFAULT;
    }
    do {
        *value = found;
        available = (*value & FUTEX_TID_MASK) == 0 && lock == NULL;
        uint32_t wanted = word_wanted(*value, available, thread, waiters);
        if ((*value & FUTEX_TID_MASK) == (uint32_t)thread->tid) {
            return -EDEADLK;
        }
        if (arch_user_cmpxchg32(word->address, *value, wanted, &found) != 0) {
            return -EFAULT;
        }
    } while (found != *value);
    return available ? 0 : -EAGAIN;
}

// The lock as the kernel knows it, made when there is none; `value` is what the word says.
static int lock_get(const struct futex_key *key, uint32_t value, struct pi_lock **result) {
    struct thread *owner = thread_find((pid_t)(value & FUTEX_TID_MASK));
    struct pi_lock *lock = lock_find(key);
    *result = lock;
    if (lock != NULL) {
        return lock->owner == owner ? 0 : -EINVAL;
    }
    if (owner == NULL) {
        return -ESRCH;
    }
    lock = heap_alloc_zeroed(sizeof(*lock));
    if (lock == NULL) {
        return -ENOMEM;
    }
    *lock = (struct pi_lock){.key = *key, .owner = owner};
    list_init(&lock->waiters);
    list_push_back(&locks, &lock->node);
    *result = lock;
    return 0;
}

static void lock_forget_if_idle(struct pi_lock *lock) {
    if (list_empty(&lock->waiters)) {
        list_remove(&lock->node);
        heap_free(lock);
    }
}

// Joins those who wait.
static int enqueue(const struct pi_word *word, uint32_t value, struct pi_waiter *waiter) {
    struct pi_lock *lock;
    int error = lock_get(&word->key, value, &lock);
    if (error != 0) {
        return error;
    }
    if (would_deadlock(lock->owner, waiter->thread)) {
        lock_forget_if_idle(lock);
        return -EDEADLK;
    }
    insert(lock, waiter);
    lend_priority(lock->owner);
    return 0;
}

static void leave(struct pi_waiter *waiter) {
    struct pi_lock *lock = waiter->lock;
    struct thread *owner = lock->owner;
    list_remove(&waiter->node);
    lock_forget_if_idle(lock);
    lend_priority(owner);
}

// The first waiter becomes the owner. The word has been written already.
static void hand_over(struct pi_lock *lock) {
    struct pi_waiter *waiter = first_waiter(lock);
    struct thread *before = lock->owner;
    lock->owner = waiter->thread;
    list_remove(&waiter->node);
    waiter->granted = true;
    lock_forget_if_idle(lock);
    lend_priority(before);
    lend_priority(waiter->thread);
    thread_wake(waiter->thread);
}

// --- lock, try, unlock --------------------------------------------------------------------------

static int word_of(uint64_t address, bool is_private, struct pi_word *word) {
    word->address = address;
    return futex_key_make(address, is_private, &word->key);
}

static long wait_for(const struct pi_word *word, uint32_t value, uint64_t deadline_ns) {
    struct pi_waiter self = {.thread = thread_current()};
    int result = enqueue(word, value, &self);
    if (result != 0) {
        return result;
    }
    do {
        result = wait_sleep(deadline_ns);
    } while (result == 0 && !self.granted);
    if (self.granted) {
        return 0;
    }
    leave(&self);
    return result == -ERESTARTSYS ? -ERESTARTNOINTR : result;
}

static long lock(const struct futex_call *call, bool realtime) {
    struct pi_word word;
    uint64_t deadline_ns;
    uint32_t value;
    int error = futex_deadline(call->timeout, realtime, &deadline_ns);
    error = error == 0 ? word_of(call->address, call->is_private, &word) : error;
    error = error == 0 ? take(&word, thread_current(), 0, &value) : error;
    return error == -EAGAIN ? wait_for(&word, value, deadline_ns) : error;
}

static long lock_pi(const struct futex_call *call) {
    return lock(call, true); // without a choice it is a time of day
}
FUTEX_OPERATION(lock_pi, FUTEX_LOCK_PI, lock_pi);

static long lock_pi2(const struct futex_call *call) {
    return lock(call, call->realtime);
}
FUTEX_OPERATION(lock_pi2, FUTEX_LOCK_PI2, lock_pi2);

static long trylock_pi(const struct futex_call *call) {
    struct pi_word word;
    uint32_t value;
    int error = word_of(call->address, call->is_private, &word);
    return error == 0 ? take(&word, thread_current(), 0, &value) : error;
}
FUTEX_OPERATION(trylock_pi, FUTEX_TRYLOCK_PI, trylock_pi);

static uint32_t word_after(const struct pi_lock *lock) {
    return lock == NULL ? 0 : (uint32_t)first_waiter(lock)->thread->tid | FUTEX_WAITERS;
}

static long unlock_pi(const struct futex_call *call) {
    struct pi_word word;
    uint32_t value, found;
    const struct thread *self = thread_current();
    int error = word_of(call->address, call->is_private, &word);
    if (error != 0 || futex_read(call->address, &found) != 0) {
        return error != 0 ? error : -EFAULT;
    }
    struct pi_lock *known = lock_find(&word.key);
    if ((found & FUTEX_TID_MASK) == (uint32_t)self->tid && known != NULL && known->owner != self) {
        return -EINVAL;
    }
    do {
        value = found;
        if ((value & FUTEX_TID_MASK) != (uint32_t)self->tid) {
            return -EPERM;
        }
        if (arch_user_cmpxchg32(call->address, value, word_after(known), &found) != 0) {
            return -EFAULT;
        }
    } while (found != value);
    if (known != NULL) {
        hand_over(known);
    }
    return 0;
}
FUTEX_OPERATION(unlock_pi, FUTEX_UNLOCK_PI, unlock_pi);

// --- from a condition variable's word to its lock -----------------------------------------------

static long outcome(struct futex_waiter *waiter, int result) {
    struct pi_waiter *self = waiter->pi;
    list_remove(&waiter->node);
    if (self->granted) {
        return 0;
    }
    if (self->lock != NULL) {
        leave(self);
        return result == -ERESTARTSYS ? -EAGAIN : result; // it cannot begin again
    }
    return result == -ERESTARTSYS ? -ERESTARTNOINTR : result;
}

static long wait_requeue_pi(const struct futex_call *call) {
    struct pi_waiter self = {.thread = thread_current()};
    struct futex_waiter waiter = {
        .bitset = FUTEX_BITSET_MATCH_ANY, .thread = thread_current(), .pi = &self};
    uint64_t deadline_ns;
    uint32_t found;
    int result = futex_deadline(call->timeout, call->realtime, &deadline_ns);
    if (result == 0 && call->address == call->address2) {
        result = -EINVAL;
    }
    result = result == 0 ? futex_key_make(call->address2, call->is_private, &self.target) : result;
    result = result == 0 ? futex_key_make(call->address, call->is_private, &waiter.key) : result;
    if (result != 0 || futex_read(call->address, &found) != 0) {
        return result != 0 ? result : -EFAULT;
    }
    if (found != call->value) {
        return -EAGAIN;
    }
    list_push_back(futex_bucket(&waiter.key), &waiter.node);
    do {
        result = wait_sleep(deadline_ns);
    } while (result == 0 && !self.granted);
    return outcome(&waiter, result);
}
FUTEX_OPERATION(wait_requeue_pi, FUTEX_WAIT_REQUEUE_PI, wait_requeue_pi);

// Gives one waiter the lock, or a place in its queue. 0 or -errno.
static int move(struct futex_waiter *waiter, const struct pi_word *word) {
    struct pi_waiter *self = waiter->pi;
    uint32_t value;
    if (self == NULL || !futex_same_key(&self->target, &word->key)) {
        return -EINVAL;
    }
    int result = take(word, self->thread, FUTEX_WAITERS, &value);
    result = result == -EAGAIN ? enqueue(word, value, self) : result;
    if (result != 0) {
        return result;
    }
    list_remove(&waiter->node);
    if (self->lock == NULL) {
        self->granted = true;
        thread_wake(self->thread);
    }
    return 0;
}

static long move_waiters(const struct futex_key *from, const struct pi_word *word, uint64_t count) {
    uint64_t moved = 0;
    LIST_FOR_EACH_SAFE (waiter, futex_bucket(from), struct futex_waiter, node) {
        if (moved == count) {
            break;
        }
        if (!futex_same_key(&waiter->key, from)) {
            continue;
        }
        int error = move(waiter, word);
        if (error != 0) {
            return moved != 0 ? (long)moved : error;
        }
        moved++;
    }
    return (long)moved;
}

static long compare_requeue_pi(const struct futex_call *call) {
    struct futex_key from;
    struct pi_word word;
    uint32_t found, more = (uint32_t)(uint64_t)call->timeout;
    if (call->value != 1 || (int32_t)more < 0 || call->address == call->address2) {
        return -EINVAL;
    }
    int error = futex_key_make(call->address, call->is_private, &from);
    error = error == 0 ? word_of(call->address2, call->is_private, &word) : error;
    if (error != 0 || futex_read(call->address, &found) != 0) {
        return error != 0 ? error : -EFAULT;
    }
    return found == call->value3 ? move_waiters(&from, &word, 1 + (uint64_t)more) : -EAGAIN;
}
FUTEX_OPERATION(compare_requeue_pi, FUTEX_CMP_REQUEUE_PI, compare_requeue_pi);

// --- an owner that ends -------------------------------------------------------------------------

// The word of a private lock is in the thread's own space; a shared one is found in any.
static void mark_owner_died(const struct pi_lock *lock) {
    uint32_t value = word_after(lock) | FUTEX_OWNER_DIED;
    if (lock->key.space == NULL) {
        *(uint32_t *)pa_to_va(lock->key.word) = value;
    } else if (put_user(value, (uint32_t __user *)lock->key.word) != 0) {
        return; // the app has unmapped its own lock
    }
}

// After the robust list, which may mark the same words.
static void give_up_locks(struct thread *thread) {
    LIST_FOR_EACH_SAFE (lock, &locks, struct pi_lock, node) {
        if (lock->owner == thread) {
            mark_owner_died(lock);
            hand_over(lock);
        }
    }
}
THREAD_EXIT_HOOK(3, give_up_locks);
