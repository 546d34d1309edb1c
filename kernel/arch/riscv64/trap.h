// What trap.S and the interrupt files share with trap.c.
#pragma once

#include "arch.h"

void trap_from_app(struct regs *regs, uint64_t cause, uint64_t address);
void trap_from_kernel(struct regs *regs, uint64_t cause, uint64_t address);
void trap_before_return(struct regs *regs);
NORETURN void trap_stack_overflow(struct regs *regs, uint64_t sp);

// timer.c: the interrupt came; no other until the timer is armed again. And one soon, whatever is
// armed.
void timer_quiet(void);
void timer_retry_soon(void);
// irq.c: no device interrupt until irq_run_pending().
void irq_mask(void);
