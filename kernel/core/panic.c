// The end for reasons of our own: a bug in the kernel, or a fault inside it. Says what is known and
// leaves with KERNEL_FAULT_STATUS. Frame pointers are not kept, so the backtrace is every word on
// the stack that points behind a place in the kernel's text: some of them are old, none of the true
// ones is missing.
#include "arch.h"
#include "channel.h"
#include "format.h"
#include "linker.h"
#include "percpu.h"
#include "report.h"
#include "thread.h"

enum { KERNEL_FAULT_STATUS = 125, MESSAGE_MAX = 256, BACKTRACE_MAX = 24 };

static bool panicking;

static void log_backtrace(uint64_t sp) {
    uint64_t end = (sp & ~(KSTACK_SIZE - 1)) + KSTACK_SIZE;
    unsigned found = 0;
    for (uint64_t at = (sp + 7) & ~7UL; at < end && found < BACKTRACE_MAX; at += sizeof(uint64_t)) {
        uint64_t word = *(const uint64_t *)at;
        if (word >= (uint64_t)text_start && word < (uint64_t)text_end) {
            log_line("  from %lx", word);
            found++;
        }
    }
}

// A second fault on the way out must not report itself again.
static void enter(void) {
    irq_disable();
    if (panicking) {
        power_off(KERNEL_FAULT_STATUS);
    }
    panicking = true;
}

static void log_thread(void) {
    struct thread *thread = thread_current();
    if (thread == NULL || thread->process == NULL) {
        log_line("  in the boot or idle thread");
        return;
    }
    const struct regs *regs = thread_regs(thread);
    log_line("  thread %d (%s), app pc %lx sp %lx, last system call %ld", thread->tid, thread->name,
             regs_pc(regs), regs_sp(regs), (long)regs_number(regs));
}

void panic(const char *format, ...) {
    enter();
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    format_arguments(message, sizeof(message), format, &arguments);
    va_end(arguments);
    log_line("kernel panic: %s", message);
    log_thread();
    log_backtrace((uint64_t)__builtin_frame_address(0));
    machine_exit(KERNEL_FAULT_STATUS);
}

void broken_invariant(const char *place) {
    panic("%s: an invariant does not hold", place);
}

void trap_kernel_fault(struct regs *regs, const char *what, uint64_t address) {
    enter();
    log_line("kernel fault: %s at %lx, address %lx", what, regs_pc(regs), address);
    log_line("  sp %lx", regs_sp(regs));
    for (size_t i = 0; i < sizeof(*regs) / sizeof(uint64_t); i += 4) {
        const uint64_t *words = (const uint64_t *)regs + i;
        log_line("  regs[%02zu] %016lx %016lx %016lx %016lx", i, words[0], words[1], words[2],
                 words[3]);
    }
    log_thread();
    log_backtrace(regs_sp(regs));
    machine_exit(KERNEL_FAULT_STATUS);
}
