// fcntl(2) commands that belong to a subsystem (record locks, pipe sizes): its object joins this
// set, so that fcntl knows them only in images where they can matter.
#pragma once

#include "set.h"
#include "types.h"

struct file;

// The result, or -ENOSYS when the command is not this subsystem's.
typedef long (*fcntl_fn)(struct file *file, unsigned int command, uint64_t argument);
#define FCNTL_HOOK(order, function) SET_ENTRY(fcntl, order, fcntl_fn, fcntl_##function) = function
