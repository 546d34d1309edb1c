// Sleeping until something happens. Every sleep can be interrupted by a signal and can have a
// deadline.
#pragma once

#include "list.h"
#include "types.h"

struct thread;

struct wait_queue {
    struct list waiters;
};

struct waiter {
    struct list node;
    struct thread *thread;
    // NULL: wake the thread. Otherwise called instead (epoll), with the queue's own event bits
    // (POLLIN ...).
    void (*on_wake)(struct waiter *waiter, uint32_t events);
    bool exclusive; // woken one at a time
    bool woken;
};

#define WAIT_FOREVER UINT64_MAX
#define WAIT_QUEUE_INIT(name)                                                                      \
    { LIST_INIT((name).waiters) }

void wait_queue_init(struct wait_queue *queue);
void wait_add(struct wait_queue *queue, struct waiter *waiter);
void wait_remove(struct waiter *waiter);                   // harmless when it is not queued
void wait_wake(struct wait_queue *queue, uint32_t events); // all, or up to the first exclusive one
size_t wait_wake_count(struct wait_queue *queue, size_t count, uint32_t events);

// Puts the thread to sleep until it is woken, a signal is pending, or CLOCK_MONOTONIC reaches
// deadline_ns. 0: woken (perhaps for nothing); -ERESTARTSYS: a signal; -ETIMEDOUT.
int wait_sleep(uint64_t deadline_ns);
int wait_sleep_uninterruptible(uint64_t deadline_ns);

// Waits until `condition` holds. Same results; an event that has come already never sleeps.
#define WAIT_EVENT(queue, condition, deadline_ns)                                                  \
    ({                                                                                             \
        int wait_result = 0;                                                                       \
        while (wait_result == 0 && !(condition)) {                                                 \
            struct waiter wait_self;                                                               \
            wait_prepare(&wait_self);                                                              \
            wait_add((queue), &wait_self);                                                         \
            wait_result = (condition) ? 0 : wait_sleep(deadline_ns);                               \
            wait_remove(&wait_self);                                                               \
        }                                                                                          \
        wait_result != 0 && (condition) ? 0 : wait_result;                                         \
    })
void wait_prepare(struct waiter *waiter); // a plain waiter for the current thread

// poll(2), select(2), epoll(7): a file's poll operation names its queue and returns its state.
struct poll_table {
    void (*add)(struct poll_table *table,
                struct wait_queue *queue); // NULL: only the state is wanted
};
static inline void poll_add(struct poll_table *table, struct wait_queue *queue) {
    if (table != NULL && table->add != NULL) {
        table->add(table, queue);
    }
}

// Kernel-internal results that the signal code turns into a restart or -EINTR (core/signal.c).
enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };
