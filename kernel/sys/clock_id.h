// Clocks by number (sys/clock_id.c).
#pragma once

#include "types.h"

struct process;
struct thread;

MUST_USE int clock_read(int clock_id, uint64_t *now_ns); // 0 or -EINVAL
// The same on behalf of a process that need not be running: its own CPU clock is what 0 means.
MUST_USE int clock_read_for(const struct process *process, int clock_id, uint64_t *now_ns);
// The number that names a thread's CPU clock wherever it is read.
int clock_of_thread(const struct thread *thread);
// True for CLOCK_REALTIME and its relatives, which may be set.
bool clock_is_realtime(int clock_id);
// False for the raw and the coarse ones: they can be read, not waited for.
bool clock_has_timers(int clock_id);
// When CLOCK_MONOTONIC will be where `clock_id` says `ns`, as far as can be said now; `ns` may be
// past.
MUST_USE int clock_deadline(int clock_id, uint64_t ns, uint64_t *deadline_ns);
