// The alternate signal stack, for delivery and for sigaltstack(2).
#pragma once

#include "types.h"

struct thread;

bool signal_on_altstack(const struct thread *thread, uint64_t sp);
uint32_t signal_altstack_flags(const struct thread *thread,
                               uint64_t sp); // ss_flags as sigaltstack reports them
