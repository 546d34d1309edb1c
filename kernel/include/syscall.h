// Handlers. Their prototypes come from syscall_table/: a handler that disagrees with its row does
// not compile.
//
//     SYSCALL(openat)(int dirfd, const char __user *path, int flags, mode_t mode) { ... return fd
//     or -errno; }
//
// The generated macro defines the entry `long sys_openat(long, long, ...)` that converts each
// register the way Linux does (an int argument's upper half is ignored), and calls the body. A row
// with `regs = true` marks a handler that reads or changes the whole register frame:
// thread_regs(thread_current()) is complete in it.
#pragma once

#include "linker.h"
#include "syscalls_gen.h" // build/<arch>/gen/, from hermipy.table
#include "types.h"

#define SYSCALL(name) SYSCALL_##name

typedef long (*syscall_fn)(long, long, long, long, long, long);

// One entry per number, made by the packer's link (hermipy/link.py): the handler's distance from
// the table. Bit 0 of an entry: the handler wants the full frame, the direct path then saves
// callee-saved registers too. Numbers that are not linked lead to syscall_missing.
extern const int32_t syscall_table[];
extern const int32_t syscall_table_real[];   // behind core/stats, which then fills syscall_table
extern const int32_t syscall_table_traced[]; // behind core/trace, the same way
#define SYSCALL_FULL_FRAME 1UL

long syscall_missing(void); // core/missing.c: the number is in the frame; logs once; -ENOSYS, or
                            // kills, as the image says
long syscall_counted(void); // core/stats.c: counts, then calls syscall_table_real
long syscall_traced(void);  // core/trace.c: tells the host, then calls syscall_table_traced

// What serves a number, in one of these tables: they are equally long.
static inline syscall_fn syscall_handler(const int32_t *table, uint64_t number) {
    if (number >= (uint64_t)(syscall_table_end - syscall_table)) {
        return (syscall_fn)(uint64_t)syscall_missing;
    }
    return (syscall_fn)(((uint64_t)table + (uint64_t)table[number]) & ~SYSCALL_FULL_FRAME);
}
