// Resource limits that somebody enforces by other means than looking at them.
#pragma once

#include "set.h"

struct process;

typedef void (*limit_change_fn)(struct process *process, unsigned resource);
#define LIMIT_CHANGE_HOOK(function)                                                                \
    SET_ENTRY(limit_change, 1, limit_change_fn, limit_##function) = function
