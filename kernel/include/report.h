// Words to the person outside.
#pragma once

#include "types.h"

struct regs;

// One line to the host (CHANNEL_LOG) or the UART. Knows %s %c %d %u %x %p %l.. %z.., width and 0
// flag.
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);
int format_string(char *buffer, size_t size_bytes, const char *format, ...) PRINTF_LIKE(3, 4);
// A kernel bug: report, registers, backtrace, exit status 125.
NORETURN void panic(const char *format, ...) PRINTF_LIKE(1, 2);
// Says the line only: the texts of all invariants would be a kilobyte of every kernel.
NORETURN void broken_invariant(const char *place);
#define ASSERT_LINE(line) ASSERT_LINE_TEXT(line)
#define ASSERT_LINE_TEXT(line) #line
#define ASSERT(invariant)                                                                          \
    do {                                                                                           \
        if (UNLIKELY(!(invariant))) {                                                              \
            broken_invariant(__FILE_NAME__ ":" ASSERT_LINE(__LINE__));                             \
        }                                                                                          \
    } while (0)
// An app fault without a handler: CHANNEL_FAULT and CHANNEL_FAULT_STACK (core/report.c). The text
// is sent in pieces, each one line with its newline; numbers are 0x..., file offsets are of the
// file as it lies in the image:
//   signal NUMBER CODE ADDRESS          si_signo and si_code in decimal (signal 11 1 0x10), si_addr
//   thread TID NAME                     NAME may hold spaces
//   pc ADDRESS [OFFSET PATH]            where it lies in a mapped file, if it does
//   register NUMBER VALUE               32 lines, by DWARF number: x0-x31 on RISC-V; x0-x30 and 31
//   = sp on AArch64 area START END PROT OFFSET [NAME]   one per mapping, by address; PROT as
//   rwxs/p, NAME a path or [stack] ...
// CHANNEL_FAULT_STACK holds up to 16 KiB from sp, as far as it is mapped.
void report_fault(struct regs *regs, int signo, int si_code, uint64_t address);
// Where every thread is: CHANNEL_WHERE. For each process its threads, then its areas, in the same
// lines, and for each thread
//   state running                       or runnable, or sleeping NUMBER ARGUMENT...: in a call
struct timer;
void report_threads(struct timer *timer);
// Ends the run: messages, CHANNEL_MEMORY, CHANNEL_STATS when linked, CHANNEL_EXIT, power_off.
NORETURN void machine_exit(int exit_status);
// Subsystems that report at exit (stats) join this set.
typedef void (*report_fn)(void);
#define EXIT_REPORT(order, function)                                                               \
    SET_ENTRY(exit_report, order, report_fn, report_##function) = function
