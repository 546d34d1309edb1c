// Waking from inside the kernel (sys/futex.c).
#pragma once

#include "types.h"

// As FUTEX_WAKE by the running thread, without FUTEX_PRIVATE_FLAG. The number woken, or -errno.
long futex_wake_shared(uint64_t address, uint32_t count);
