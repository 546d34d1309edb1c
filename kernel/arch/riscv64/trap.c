// What an exception or interrupt means. The numbers are scause's (privileged specification 1.12,
// table 4.2); signals and si_codes are those of Linux's arch/riscv/kernel/traps.c, seen through
// sigaction(2).
#include "trap.h"
#include "kstack.h"
#include "percpu.h"
#include "thread.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

enum cause {
    CAUSE_FETCH_MISALIGNED = 0,
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_ECALL_S = 9,
    CAUSE_FETCH_PAGE = 12,
    CAUSE_LOAD_PAGE = 13,
    CAUSE_STORE_PAGE = 15,
    CAUSE_COUNT,
};

enum interrupt { INTERRUPT_TIMER = 5, INTERRUPT_EXTERNAL = 9 };

// Faults that need no look at the address space. si_addr is the pc, as Linux has it.
static const struct fault {
    const char *name;
    uint8_t signo, si_code;
} faults[CAUSE_COUNT] = {
    [CAUSE_FETCH_MISALIGNED] = {"misaligned instruction", SIGBUS, BUS_ADRALN},
    [CAUSE_FETCH_ACCESS] = {"instruction access fault", SIGSEGV, SEGV_ACCERR},
    [CAUSE_ILLEGAL] = {"illegal instruction", SIGILL, ILL_ILLOPC},
    [CAUSE_BREAKPOINT] = {"breakpoint", SIGTRAP, TRAP_BRKPT},
    [CAUSE_LOAD_MISALIGNED] = {"misaligned load", SIGBUS, BUS_ADRALN},
    [CAUSE_LOAD_ACCESS] = {"load access fault", SIGSEGV, SEGV_ACCERR},
    [CAUSE_STORE_MISALIGNED] = {"misaligned store", SIGBUS, BUS_ADRALN},
    [CAUSE_STORE_ACCESS] = {"store access fault", SIGSEGV, SEGV_ACCERR},
    [CAUSE_ECALL_S] = {"system call in the kernel", SIGILL, ILL_ILLTRP},
    [CAUSE_FETCH_PAGE] = {"instruction page fault", SIGSEGV, SEGV_MAPERR},
    [CAUSE_LOAD_PAGE] = {"load page fault", SIGSEGV, SEGV_MAPERR},
    [CAUSE_STORE_PAGE] = {"store page fault", SIGSEGV, SEGV_MAPERR},
};

// The part of the vector page between the last look at percpu.work and the app (direct.S).
extern const char vector_page[], direct_exit_start[], direct_exit_end[];

static const struct fault *fault_of(uint64_t cause) {
    static const struct fault unknown = {"unknown exception", SIGILL, ILL_ILLTRP};
    return cause < CAUSE_COUNT && faults[cause].name != NULL ? &faults[cause] : &unknown;
}

static bool is_interrupt(uint64_t cause) {
    return (int64_t)cause < 0;
}

static uint64_t interrupt_number(uint64_t cause) {
    return cause & ~(1UL << SCAUSE_INTERRUPT);
}

// The access that a page fault was for, 0 for any other exception.
static int page_fault_access(uint64_t cause) {
    switch (cause) {
    case CAUSE_FETCH_PAGE:
        return PROT_BIT_EXEC;
    case CAUSE_LOAD_PAGE:
        return PROT_BIT_READ;
    case CAUSE_STORE_PAGE:
        return PROT_BIT_WRITE;
    default:
        return 0;
    }
}

// --- from the app -------------------------------------------------------------------------------

// The interrupt that found the app is a safe point: nothing of the kernel is half done.
static void app_interrupt(uint64_t number) {
    if (number == INTERRUPT_TIMER) {
        timer_quiet();
        timer_run_expired();
    } else {
        irq_run_pending();
    }
}

static void app_page_fault(struct regs *regs, int access, uint64_t address) {
    int si_code = SEGV_MAPERR;
    int signo = address < USER_END ? trap_page_fault(address, access, &si_code) : SIGSEGV;
    if (signo != 0) {
        trap_user_fault(regs, signo, si_code, address);
    }
}

static void app_syscall(struct regs *regs) {
    regs->orig_a0 = regs->user.a0;
    regs->kind = REGS_TRAP;
    regs->user.pc += SYSCALL_INSN_SIZE;
    trap_syscall(regs);
}

void trap_from_app(struct regs *regs, uint64_t cause, uint64_t address) {
    if (is_interrupt(cause)) {
        app_interrupt(interrupt_number(cause));
        return;
    }
    irq_enable();
    int access = page_fault_access(cause);
    if (cause == CAUSE_ECALL_S) {
        app_syscall(regs);
    } else if (access != 0) {
        app_page_fault(regs, access, address);
    } else {
        const struct fault *fault = fault_of(cause);
        trap_user_fault(regs, fault->signo, fault->si_code, regs->user.pc);
    }
}

// Leaves interrupts off, so that no work can appear between the last look and the app.
void trap_before_return(struct regs *regs) {
    stack_check(thread_current()->kstack);
    irq_disable();
    while (this_cpu()->work != 0) {
        irq_enable();
        trap_exit_work(regs);
        irq_disable();
    }
}

// --- from the kernel ----------------------------------------------------------------------------

// In the vector page with the app's sp, or past the last look at percpu.work on the way to the app:
// only another interrupt would be noticed.
static bool in_exit_window(const struct regs *regs) {
    uint64_t offset = regs->user.pc - VECTOR_VA;
    bool leaving = offset >= (uint64_t)(direct_exit_start - vector_page) &&
                   offset < (uint64_t)(direct_exit_end - vector_page);
    return offset < PAGE_SIZE && (leaving || regs->user.sp != this_cpu()->frame);
}

static void kernel_interrupt(struct regs *regs, uint64_t number) {
    if (number == INTERRUPT_TIMER) {
        timer_quiet();
        this_cpu()->work |= WORK_TIMER;
    } else {
        irq_mask();
        this_cpu()->work |= WORK_DEVICE;
    }
    if (in_exit_window(regs)) {
        timer_retry_soon();
    }
}

// Leaves interrupts off.
void trap_from_kernel(struct regs *regs, uint64_t cause, uint64_t address) {
    if (is_interrupt(cause)) {
        kernel_interrupt(regs, interrupt_number(cause));
    } else if (!trap_usercopy_fault(regs, address, page_fault_access(cause))) {
        trap_kernel_fault(regs, fault_of(cause)->name, address);
    }
}

void trap_stack_overflow(struct regs *regs, uint64_t sp) {
    trap_kernel_fault(regs, "kernel stack overflow", sp);
}
