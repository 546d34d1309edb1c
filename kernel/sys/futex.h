// What the futex calls share: the queue of those who wait for a word (sys/futex.c), and who joins
// it in another way (sys/futex_move.c, sys/futex_pi.c, sys/futex2.c).
#pragma once

#include "list.h"
#include "set.h"
#include "types.h"

struct __kernel_timespec;
struct address_space;
struct pi_waiter;
struct thread;

struct futex_key {
    const struct address_space *space; // NULL: `word` is a physical address
    uint64_t word;
};

struct futex_waiter {
    struct list node;
    struct futex_key key;
    uint32_t bitset;
    struct thread *thread;
    struct pi_waiter *pi; // it waits to be moved to such a lock, and for nothing else; or NULL
    bool woken;
};

// 0, -EINVAL (not aligned), -EFAULT.
MUST_USE int futex_key_make(uint64_t address, bool is_private, struct futex_key *key);
struct list *futex_bucket(const struct futex_key *key);
MUST_USE int futex_read(uint64_t address, uint32_t *value); // 0 or -EFAULT
bool futex_same_key(const struct futex_key *left, const struct futex_key *right);
// How many it woke; -EINVAL when it came to one that must be moved instead.
long futex_wake_key(const struct futex_key *key, uint32_t count, uint32_t bitset);
// As FUTEX_WAKE by the running thread, without FUTEX_PRIVATE_FLAG. The number woken, or -errno.
long futex_wake_shared(uint64_t address, uint32_t count);

struct futex_wait {
    uint64_t address;
    uint32_t value, bitset;
    uint64_t deadline_ns; // CLOCK_MONOTONIC
    bool is_private;
};
long futex_wait(const struct futex_wait *wait);

struct futex_requeue {
    uint64_t from, to;
    bool from_private, to_private;
    uint32_t wake_count, move_count;
};
long futex_requeue(const struct futex_requeue *request, const uint32_t *expected);

// An absolute time into a deadline; NULL: WAIT_FOREVER. 0, -EFAULT, -EINVAL.
MUST_USE int futex_deadline(const struct __kernel_timespec __user *timeout, bool realtime,
                            uint64_t *deadline_ns);

// What futex(2) can do besides waiting and waking: only programs that can start threads have it.
struct futex_call {
    int op;
    bool is_private, realtime;
    uint64_t address, address2;
    uint32_t value, value3;
    const struct __kernel_timespec __user *timeout; // or a count, in the same register
};
typedef long (*futex_fn)(const struct futex_call *call);
struct futex_operation {
    int command;
    futex_fn perform;
};
#define FUTEX_OPERATION(id, command, perform)                                                      \
    SET_ENTRY(futex_operation, 1, struct futex_operation, futex_call_##id) = {command, perform}
