// The scheduler, timers and futexes under the host's sanitizers: threads are ucontexts, time moves
// only when it is told to, and the app's memory is an array.
#pragma once

#include "host_test.h"
#include "types.h"

enum { HOST_TICK_NS = 100, HOST_WORDS = 64 };

// A process and its first thread, the test itself: it sleeps and wakes like any other.
void host_start(void);
struct thread *host_spawn(void (*fn)(void *), void *argument);
uint64_t host_now_ns(void);
void host_advance_ns(uint64_t ns); // as computing does; a timer that is due is noted
void host_compute_ns(uint64_t ns); // ... in the app, where the interrupt is taken and may preempt
uint64_t host_armed_ns(void);      // when the machine's timer will interrupt; UINT64_MAX: never
size_t host_idle_waits(void);      // how often the machine had nothing to do
size_t host_blocks(void);          // heap blocks and kernel stacks in use

// The app's words: private ones, and behind them as many shared ones.
extern uint32_t host_words[2 * HOST_WORDS];
uint64_t host_word_address(size_t index);
void host_spare_sigpending(bool pending);
