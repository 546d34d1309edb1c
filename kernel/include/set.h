// Linker sets: an object adds an entry to an array that the linker gathers, so that being linked is
// what switches a subsystem on. There are no weak symbols and no configuration.
#pragma once

#include "types.h"

// kernel.ld keeps .set.NAME.* sorted by name between set_NAME_start and set_NAME_end.
#define SET_ENTRY(set, order, type, name)                                                          \
    static const type name __attribute__((used, section(".set." #set "." #order)))

#define SET_DECLARE(set, type) extern const type set_##set##_start[], set_##set##_end[]

#define SET_FOR_EACH(item, set, type)                                                              \
    for (const type *item = set_##set##_start; item < set_##set##_end; item++)

typedef void (*initcall_fn)(void);

// Start-up calls run in this order, on the boot stack, with memory, threads and traps already
// there.
//   1 devices (interrupt controllers, buses)   2 drivers   3 file systems   4 services   5 the rest
#define INITCALL(order, function) SET_ENTRY(init, order, initcall_fn, init_##function) = function
SET_DECLARE(init, initcall_fn);
