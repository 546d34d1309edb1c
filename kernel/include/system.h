// What uname(2) says, and sethostname(2) and /proc/sys/kernel change (sys/system.c).
#pragma once

#include "types.h"

struct new_utsname;
extern struct new_utsname system_names;
// Sets one of them. 0, -EPERM, or -EINVAL: longer than __NEW_UTS_LEN.
MUST_USE int system_set_name(char *name, const char *from, size_t length);
