// futex(2): threads that wait for a word to change. A word in memory that processes share is known
// by its physical address, any other by its space and address. Looking at the word and joining the
// queue are one step, because nothing runs in between. What few programs ask for is elsewhere
// (FUTEX_OPERATION).
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

static struct list buckets[BUCKETS];

SET_DECLARE(futex_operation, struct futex_operation);

struct list *futex_bucket(const struct futex_key *key) {
    struct list *bucket = &buckets[((key->word >> 2) ^ (key->word >> 12)) % BUCKETS];
    if (bucket->next == NULL) {
        list_init(bucket);
    }
    return bucket;
}

bool futex_same_key(const struct futex_key *left, const struct futex_key *right) {
    return left->space == right->space && left->word == right->word;
}

int futex_read(uint64_t address, uint32_t *value) {
    return copy_from_user(value, user_pointer(address), sizeof(*value));
}

int futex_key_make(uint64_t address, bool is_private, struct futex_key *key) {
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
    if (area == NULL || futex_read(address, &value) != 0) {
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

long futex_wake_key(const struct futex_key *key, uint32_t count, uint32_t bitset) {
    uint32_t woken = 0;
    LIST_FOR_EACH_SAFE (waiter, futex_bucket(key), struct futex_waiter, node) {
        if (woken == count) {
            break;
        }
        if (!futex_same_key(&waiter->key, key) || (waiter->bitset & bitset) == 0) {
            continue;
        }
        if (waiter->pi != NULL) {
            return -EINVAL;
        }
        wake(waiter);
        woken++;
    }
    return woken;
}

static long futex_wake(uint64_t address, bool is_private, uint32_t count, uint32_t bitset) {
    struct futex_key key;
    if (bitset == 0) {
        return -EINVAL;
    }
    int error = futex_key_make(address, is_private, &key);
    // Linux wakes one when asked for none or for a negative number.
    return error != 0 ? error : futex_wake_key(&key, (int32_t)count > 0 ? count : 1, bitset);
}

long futex_wake_shared(uint64_t address, uint32_t count) {
    return futex_wake(address, false, count, FUTEX_BITSET_MATCH_ANY);
}

// --- waiting ------------------------------------------------------------------------------------

static int sleep_on(const struct futex_key *key, const struct futex_wait *wait) {
    struct futex_waiter self = {.key = *key, .bitset = wait->bitset, .thread = thread_current()};
    list_push_back(futex_bucket(key), &self.node);
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

long futex_wait(const struct futex_wait *wait) {
    struct futex_key key;
    uint32_t found;
    if (wait->bitset == 0) {
        return -EINVAL;
    }
    int error = futex_key_make(wait->address, wait->is_private, &key);
    if (error != 0) {
        return error;
    }
    if (futex_read(wait->address, &found) != 0) {
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
static int wait_deadline(const struct futex_call *call, uint64_t *deadline_ns) {
    uint64_t ns;
    if (call->op != FUTEX_WAIT || call->timeout == NULL) {
        return futex_deadline(call->timeout, call->realtime, deadline_ns);
    }
    int error = timespec_get(call->timeout, &ns);
    *deadline_ns = clock_monotonic_ns() + MIN(ns, TIME_MAX_NS);
    return error;
}

int futex_deadline(const struct __kernel_timespec __user *timeout, bool realtime,
                   uint64_t *deadline_ns) {
    uint64_t ns, offset_ns = realtime ? clock_realtime_offset_ns() : 0;
    *deadline_ns = WAIT_FOREVER;
    int error = timeout != NULL ? timespec_get(timeout, &ns) : 0;
    if (error == 0 && timeout != NULL) {
        *deadline_ns = ns > offset_ns ? ns - offset_ns : 0;
    }
    return error;
}

static long wait(const struct futex_call *call, uint32_t bitset) {
    struct futex_wait wait = {.address = call->address,
                              .value = call->value,
                              .bitset = bitset,
                              .is_private = call->is_private};
    int error = wait_deadline(call, &wait.deadline_ns);
    return error != 0 ? error : futex_wait(&wait);
}

static long other_operation(const struct futex_call *call) {
    SET_FOR_EACH (operation, futex_operation, struct futex_operation) {
        if (operation->command == call->op) {
            return operation->perform(call);
        }
    }
    return -ENOSYS;
}

static bool may_name_realtime(int op) {
    return op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI || op == FUTEX_LOCK_PI2;
}

SYSCALL(futex)
(uint32_t __user *uaddr, int op, uint32_t val, const struct __kernel_timespec __user *timeout,
 uint32_t __user *uaddr2, uint32_t val3) {
    const struct futex_call call = {.op = op & FUTEX_CMD_MASK,
                                    .is_private = (op & FUTEX_PRIVATE_FLAG) != 0,
                                    .realtime = (op & FUTEX_CLOCK_REALTIME) != 0,
                                    .address = (uint64_t)uaddr,
                                    .address2 = (uint64_t)uaddr2,
                                    .value = val,
                                    .value3 = val3,
                                    .timeout = timeout};
    if (call.realtime && !may_name_realtime(call.op)) {
        return -ENOSYS;
    }
    switch (call.op) {
    case FUTEX_WAIT:
        return wait(&call, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAIT_BITSET:
        return wait(&call, val3);
    case FUTEX_WAKE:
        return futex_wake(call.address, call.is_private, val, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return futex_wake(call.address, call.is_private, val, val3);
    default:
        return other_operation(&call);
    }
}
