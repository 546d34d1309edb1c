// futex(2): threads that wait for a word to change. A word in memory that processes share is known
// by its physical address, any other by its space and address. Looking at the word and joining the
// queue are one step, because nothing runs in between.
#include "futex.h"
#include "arch.h"
#include "clock.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"
#include "vm.h"
#include "wait.h"

#include <linux/futex.h>

enum { BUCKETS = 64 };

struct futex_key {
    const struct address_space *space; // NULL: `word` is a physical address
    uint64_t word;
};

struct futex_waiter {
    struct list node;
    struct futex_key key;
    uint32_t bitset;
    struct thread *thread;
    bool woken;
};

static struct list buckets[BUCKETS];

static struct list *bucket_of(const struct futex_key *key) {
    struct list *bucket = &buckets[((key->word >> 2) ^ (key->word >> 12)) % BUCKETS];
    if (bucket->next == NULL) {
        list_init(bucket);
    }
    return bucket;
}

static bool same_key(const struct futex_key *left, const struct futex_key *right) {
    return left->space == right->space && left->word == right->word;
}

// 0, -EINVAL (not aligned), -EFAULT.
static int make_key(uint64_t address, bool is_private, struct futex_key *key) {
    struct address_space *space = process_current()->space;
    uint32_t value;
    if (address % sizeof(uint32_t) != 0) {
        return -EINVAL;
    }
    if (!user_range_ok(user_pointer(address), sizeof(uint32_t))) {
        return -EFAULT;
    }
    *key = (struct futex_key){space, address};
    if (is_private) {
        return 0;
    }
    const struct vm_area *area = vm_find(space, address);
    if (area == NULL || get_user(value, (const uint32_t __user *)user_pointer(address)) != 0) {
        return -EFAULT;
    }
    if ((area->flags & VM_SHARED) != 0) {
        const pte_t *pte = vm_pte(space, address, false); // present: it has just been read
        *key = (struct futex_key){NULL, pte_pa(*pte) + address % PAGE_SIZE};
    }
    return 0;
}

static void wake(struct futex_waiter *waiter) {
    list_remove(&waiter->node);
    waiter->woken = true;
    thread_wake(waiter->thread);
}

static long wake_key(const struct futex_key *key, uint32_t count, uint32_t bitset) {
    uint32_t woken = 0;
    LIST_FOR_EACH_SAFE (waiter, bucket_of(key), struct futex_waiter, node) {
        if (woken == count) {
            break;
        }
        if (same_key(&waiter->key, key) && (waiter->bitset & bitset) != 0) {
            wake(waiter);
            woken++;
        }
    }
    return woken;
}

static long futex_wake(uint64_t address, bool is_private, uint32_t count, uint32_t bitset) {
    struct futex_key key;
    if (bitset == 0) {
        return -EINVAL;
    }
    int error = make_key(address, is_private, &key);
    // Linux wakes one when asked for none or for a negative number.
    return error != 0 ? error : wake_key(&key, (int32_t)count > 0 ? count : 1, bitset);
}

long futex_wake_shared(uint64_t address, uint32_t count) {
    return futex_wake(address, false, count, FUTEX_BITSET_MATCH_ANY);
}

// --- waiting ------------------------------------------------------------------------------------

struct futex_wait {
    uint64_t address;
    uint32_t value, bitset;
    uint64_t deadline_ns;
    bool is_private;
};

static int sleep_on(const struct futex_key *key, const struct futex_wait *wait) {
    struct futex_waiter self = {.key = *key, .bitset = wait->bitset, .thread = thread_current()};
    list_push_back(bucket_of(key), &self.node);
    int result;
    do {
        result = wait_sleep(wait->deadline_ns);
    } while (result == 0 && !self.woken);
    list_remove(&self.node);
    return self.woken ? 0 : result;
}

enum { RESTART_ADDRESS, RESTART_WORDS, RESTART_DEADLINE, RESTART_PRIVATE };

static long wait_restart(struct thread *thread);

// Only a wait with a time limit needs its limit carried over a restart.
static long interrupted(const struct futex_wait *wait) {
    struct thread *thread = thread_current();
    if (wait->deadline_ns == WAIT_FOREVER) {
        return -ERESTARTSYS;
    }
    thread->restart = wait_restart;
    thread->restart_data[RESTART_ADDRESS] = wait->address;
    thread->restart_data[RESTART_WORDS] = wait->value | (uint64_t)wait->bitset << 32;
    thread->restart_data[RESTART_DEADLINE] = wait->deadline_ns;
    thread->restart_data[RESTART_PRIVATE] = wait->is_private;
    return -ERESTART_RESTARTBLOCK;
}

static long futex_wait(const struct futex_wait *wait) {
    struct futex_key key;
    uint32_t found;
    if (wait->bitset == 0) {
        return -EINVAL;
    }
    int error = make_key(wait->address, wait->is_private, &key);
    if (error != 0) {
        return error;
    }
    if (get_user(found, (const uint32_t __user *)user_pointer(wait->address)) != 0) {
        return -EFAULT;
    }
    if (found != wait->value) {
        return -EAGAIN;
    }
    int result = sleep_on(&key, wait);
    return result == -ERESTARTSYS ? interrupted(wait) : result;
}

static long wait_restart(struct thread *thread) {
    struct futex_wait wait = {
        .address = thread->restart_data[RESTART_ADDRESS],
        .value = (uint32_t)thread->restart_data[RESTART_WORDS],
        .bitset = (uint32_t)(thread->restart_data[RESTART_WORDS] >> 32),
        .deadline_ns = thread->restart_data[RESTART_DEADLINE],
        .is_private = thread->restart_data[RESTART_PRIVATE] != 0,
    };
    return futex_wait(&wait);
}

// FUTEX_WAIT's limit is a duration, FUTEX_WAIT_BITSET's a time of day or of CLOCK_MONOTONIC.
static int wait_deadline(int op, const struct __kernel_timespec __user *timeout,
                         uint64_t *deadline_ns) {
    uint64_t ns;
    *deadline_ns = WAIT_FOREVER;
    if (timeout == NULL) {
        return 0;
    }
    int error = timespec_get(timeout, &ns);
    if (error != 0) {
        return error;
    }
    if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT) {
        *deadline_ns = clock_monotonic_ns() + MIN(ns, TIME_MAX_NS);
    } else if (op & FUTEX_CLOCK_REALTIME) {
        uint64_t offset_ns = clock_realtime_offset_ns();
        *deadline_ns = ns > offset_ns ? ns - offset_ns : 0;
    } else {
        *deadline_ns = ns;
    }
    return 0;
}

// --- moving waiters, and waking by a condition --------------------------------------------------

struct futex_requeue {
    uint64_t from, to;
    bool is_private;
    uint32_t wake_count, move_count;
};

static uint32_t move_waiters(const struct futex_key *from, const struct futex_key *to,
                             uint32_t count) {
    uint32_t moved = 0;
    struct list *target = bucket_of(to);
    LIST_FOR_EACH_SAFE (waiter, bucket_of(from), struct futex_waiter, node) {
        if (moved == count) {
            break;
        }
        if (same_key(&waiter->key, from)) {
            list_remove(&waiter->node);
            waiter->key = *to;
            list_push_back(target, &waiter->node);
            moved++;
        }
    }
    return moved;
}

static long futex_requeue(const struct futex_requeue *request, const uint32_t *expected) {
    struct futex_key from, to;
    uint32_t found;
    if ((int32_t)request->wake_count < 0 || (int32_t)request->move_count < 0) {
        return -EINVAL;
    }
    int error = make_key(request->from, request->is_private, &from);
    error = error == 0 ? make_key(request->to, request->is_private, &to) : error;
    if (error != 0) {
        return error;
    }
    if (expected != NULL) {
        if (get_user(found, (const uint32_t __user *)user_pointer(request->from)) != 0) {
            return -EFAULT;
        }
        if (found != *expected) {
            return -EAGAIN;
        }
    }
    long woken =
        request->wake_count > 0 ? wake_key(&from, request->wake_count, FUTEX_BITSET_MATCH_ANY) : 0;
    uint32_t moved = same_key(&from, &to) ? 0 : move_waiters(&from, &to, request->move_count);
    return woken + moved;
}

static int32_t sign_extend_12(uint32_t field) {
    return (int32_t)(field << 20) >> 20;
}

static int apply_op(uint32_t operation, uint32_t old, uint32_t *new) {
    uint32_t argument = (uint32_t)sign_extend_12(operation >> 12);
    if (operation >> 28 & FUTEX_OP_OPARG_SHIFT) {
        argument = 1U << (argument & 31);
    }
    switch (operation >> 28 & 7) {
    case FUTEX_OP_SET:
        *new = argument;
        return 0;
    case FUTEX_OP_ADD:
        *new = old + argument;
        return 0;
    case FUTEX_OP_OR:
        *new = old | argument;
        return 0;
    case FUTEX_OP_ANDN:
        *new = old & ~argument;
        return 0;
    case FUTEX_OP_XOR:
        *new = old ^ argument;
        return 0;
    default:
        return -ENOSYS;
    }
}

static int compare_op(uint32_t operation, uint32_t found) {
    int32_t old = (int32_t)found, argument = sign_extend_12(operation & 0xfff);
    switch (operation >> 24 & 15) {
    case FUTEX_OP_CMP_EQ:
        return old == argument;
    case FUTEX_OP_CMP_NE:
        return old != argument;
    case FUTEX_OP_CMP_LT:
        return old < argument;
    case FUTEX_OP_CMP_GE:
        return old >= argument;
    case FUTEX_OP_CMP_LE:
        return old <= argument;
    case FUTEX_OP_CMP_GT:
        return old > argument;
    default:
        return -ENOSYS;
    }
}

// Changes the word and says what was in it.
static int modify_word(uint64_t address, uint32_t operation, uint32_t *old) {
    uint32_t found, new;
    if (get_user(found, (const uint32_t __user *)user_pointer(address)) != 0) {
        return -EFAULT;
    }
    do {
        *old = found;
        int error = apply_op(operation, *old, &new);
        error = error == 0 ? arch_user_cmpxchg32(address, *old, new, &found) : error;
        if (error != 0) {
            return error;
        }
    } while (found != *old);
    return 0;
}

static long futex_wake_op(const struct futex_requeue *request, uint32_t operation) {
    struct futex_key first, second;
    uint32_t old;
    int error = make_key(request->from, request->is_private, &first);
    error = error == 0 ? make_key(request->to, request->is_private, &second) : error;
    error = error == 0 ? modify_word(request->to, operation, &old) : error;
    int condition = error == 0 ? compare_op(operation, old) : error;
    if (condition < 0) {
        return condition;
    }
    long woken = wake_key(&first, MAX(request->wake_count, 1), FUTEX_BITSET_MATCH_ANY);
    if (condition) {
        woken += wake_key(&second, MAX(request->move_count, 1), FUTEX_BITSET_MATCH_ANY);
    }
    return woken;
}

static long do_wait(uint64_t address, int op, uint32_t value,
                    const struct __kernel_timespec __user *timeout, uint32_t bitset) {
    struct futex_wait wait = {.address = address,
                              .value = value,
                              .bitset = bitset,
                              .is_private = (op & FUTEX_PRIVATE_FLAG) != 0};
    int error = wait_deadline(op, timeout, &wait.deadline_ns);
    return error != 0 ? error : futex_wait(&wait);
}

SYSCALL(futex)
(uint32_t __user *uaddr, int op, uint32_t val, const struct __kernel_timespec __user *timeout,
 uint32_t __user *uaddr2, uint32_t val3) {
    uint64_t address = (uint64_t)uaddr;
    bool is_private = (op & FUTEX_PRIVATE_FLAG) != 0;
    // The operations without a timeout have a number in its place.
    struct futex_requeue two = {address, (uint64_t)uaddr2, is_private, val,
                                (uint32_t)(uint64_t)timeout};
    switch (op & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return do_wait(address, op, val, timeout, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAIT_BITSET:
        return do_wait(address, op, val, timeout, val3);
    case FUTEX_WAKE:
        return futex_wake(address, is_private, val, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return futex_wake(address, is_private, val, val3);
    case FUTEX_REQUEUE:
        return futex_requeue(&two, NULL);
    case FUTEX_CMP_REQUEUE:
        return futex_requeue(&two, &val3);
    case FUTEX_WAKE_OP:
        return futex_wake_op(&two, val3);
    default:
        return -ENOSYS;
    }
}
