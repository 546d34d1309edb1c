// Limits of limits, and limits that somebody enforces by other means than looking at them.
#pragma once

#include "set.h"

#define OPEN_FILES_MAX 1048576UL // of RLIMIT_NOFILE

struct process;

typedef void (*limit_change_fn)(struct process *process, unsigned resource);
#define LIMIT_CHANGE_HOOK(function)                                                                \
    SET_ENTRY(limit_change, 1, limit_change_fn, limit_##function) = function
