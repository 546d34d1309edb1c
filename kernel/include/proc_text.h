// Text that a file of /proc is made of, when it is opened.
#pragma once

#include "types.h"

struct proc_subject; // fs/proc.h: whom the file is about

struct proc_text {
    char *bytes;
    size_t length, capacity;
    bool failed; // no memory
};
void proc_add(struct proc_text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void proc_add_bytes(struct proc_text *text, const void *bytes, size_t size_bytes);
void proc_add_octal(struct proc_text *text, unsigned value, unsigned digits); // at least so many
typedef void (*proc_text_fn)(struct proc_text *text, const struct proc_subject *subject);

// arch/<arch>/cpuinfo.c: /proc/cpuinfo, as this architecture's Linux words it.
void proc_cpuinfo(struct proc_text *text, const struct proc_subject *subject);
