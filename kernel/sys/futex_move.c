// futex(2): waiters that are moved from one word to another, and those that are woken if a second
// word was as asked.
#include "arch.h"
#include "futex.h"
#include "syscall.h"
#include "usercopy.h"

#include <linux/errno.h>
#include <linux/futex.h>

static int keys_of(const struct futex_requeue *request, struct futex_key *from,
                   struct futex_key *to) {
    int error = futex_key_make(request->from, request->from_private, from);
    return error == 0 ? futex_key_make(request->to, request->to_private, to) : error;
}

static long move_waiters(const struct futex_key *from, const struct futex_key *to, uint32_t count) {
    uint32_t moved = 0;
    struct list *target = futex_bucket(to);
    LIST_FOR_EACH_SAFE (waiter, futex_bucket(from), struct futex_waiter, node) {
        if (moved == count) {
            break;
        }
        if (futex_same_key(&waiter->key, from)) {
            if (waiter->pi != NULL) {
                return -EINVAL;
            }
            list_remove(&waiter->node);
            waiter->key = *to;
            list_push_back(target, &waiter->node);
            moved++;
        }
    }
    return moved;
}

long futex_requeue(const struct futex_requeue *request, const uint32_t *expected) {
    struct futex_key from, to;
    uint32_t found;
    if ((int32_t)request->wake_count < 0 || (int32_t)request->move_count < 0) {
        return -EINVAL;
    }
    int error = keys_of(request, &from, &to);
    if (error != 0) {
        return error;
    }
    if (expected != NULL && futex_read(request->from, &found) != 0) {
        return -EFAULT;
    }
    if (expected != NULL && found != *expected) {
        return -EAGAIN;
    }
    long woken = 0;
    if (request->wake_count > 0) {
        woken = futex_wake_key(&from, request->wake_count, FUTEX_BITSET_MATCH_ANY);
    }
    if (woken < 0 || futex_same_key(&from, &to)) {
        return woken;
    }
    long moved = move_waiters(&from, &to, request->move_count);
    return moved < 0 ? moved : woken + moved;
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
    if (futex_read(address, &found) != 0) {
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
    int error = keys_of(request, &first, &second);
    error = error == 0 ? modify_word(request->to, operation, &old) : error;
    int condition = error == 0 ? compare_op(operation, old) : error;
    if (condition < 0) {
        return condition;
    }
    long woken = futex_wake_key(&first, MAX(request->wake_count, 1), FUTEX_BITSET_MATCH_ANY);
    if (woken < 0 || condition == 0) {
        return woken;
    }
    long more = futex_wake_key(&second, MAX(request->move_count, 1), FUTEX_BITSET_MATCH_ANY);
    return more < 0 ? more : woken + more;
}

// --- the calls -----------------------------------------------------------------------------------

// These have a number where the others have a timeout.
static struct futex_requeue two_words(const struct futex_call *call) {
    return (struct futex_requeue){call->address,    call->address2,
                                  call->is_private, call->is_private,
                                  call->value,      (uint32_t)(uint64_t)call->timeout};
}

static long requeue(const struct futex_call *call) {
    const struct futex_requeue two = two_words(call);
    return futex_requeue(&two, NULL);
}
FUTEX_OPERATION(requeue, FUTEX_REQUEUE, requeue);

static long compare_requeue(const struct futex_call *call) {
    const struct futex_requeue two = two_words(call);
    return futex_requeue(&two, &call->value3);
}
FUTEX_OPERATION(compare_requeue, FUTEX_CMP_REQUEUE, compare_requeue);

static long wake_op(const struct futex_call *call) {
    const struct futex_requeue two = two_words(call);
    return futex_wake_op(&two, call->value3);
}
FUTEX_OPERATION(wake_op, FUTEX_WAKE_OP, wake_op);
