// What trap.S and the interrupt files share with trap.c.
#pragma once

#include "arch.h"

// Which of the four vectors of a group: the order in the table.
enum vector { VECTOR_SYNCHRONOUS, VECTOR_IRQ, VECTOR_FIQ, VECTOR_SERROR };

void trap_from_app(struct regs *regs, enum vector vector, uint64_t syndrome, uint64_t address);
void trap_from_kernel(struct regs *regs, enum vector vector, uint64_t syndrome, uint64_t address);
void trap_before_return(struct regs *regs);
NORETURN void trap_stack_overflow(struct regs *regs, uint64_t sp);

// timer.c: the interrupt came; no other until the timer is armed again. And one soon, whatever is
// armed.
void timer_quiet(void);
void timer_retry_soon(void);
// irq.c: the timer's line and the controller; which interrupt waits; no device interrupt until
// irq_run_pending().
void irq_init(void);
bool irq_is_timer(void);
void irq_mask(void);
