// Text that a file of /proc is made of, when it is opened.
#pragma once

#include "types.h"

struct process;

struct proc_text {
    char *bytes;
    size_t length, capacity;
    bool failed; // no memory
};
void proc_add(struct proc_text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void proc_add_bytes(struct proc_text *text, const void *bytes, size_t size_bytes);
typedef void (*proc_text_fn)(struct proc_text *text, const struct process *process);

// arch/<arch>/cpuinfo.c: /proc/cpuinfo, as this architecture's Linux words it.
void proc_cpuinfo(struct proc_text *text, const struct process *process);
