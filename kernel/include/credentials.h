// What a process may do (sys/credentials.c).
#pragma once

#include "types.h"

struct process;

bool process_capable(const struct process *process,
                     unsigned capability); // CAP_* of <linux/capability.h>
