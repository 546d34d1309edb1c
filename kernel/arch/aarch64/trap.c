// What an exception means. The classes are ESR_EL1.EC's (Arm ARM D17.2.37); signals and si_codes
// are those of Linux's arch/arm64/mm/fault.c and kernel/traps.c, seen through sigaction(2).
#include "trap.h"
#include "kstack.h"
#include "percpu.h"
#include "thread.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

enum exception_class {
    CLASS_UNKNOWN = 0x00,
    CLASS_FP_ACCESS = 0x07,
    CLASS_BRANCH_TARGET = 0x0d,
    CLASS_ILLEGAL_STATE = 0x0e,
    CLASS_SVC = 0x15,
    CLASS_MSR = 0x18,
    CLASS_FETCH = 0x21,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA = 0x25,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_FLOATING_POINT = 0x2c,
    CLASS_SERROR = 0x2f,
    CLASS_BREAKPOINT = 0x31,
    CLASS_STEP = 0x33,
    CLASS_WATCHPOINT = 0x35,
    CLASS_BRK = 0x3c,
    CLASS_COUNT = 0x40,
};

// ESR_EL1's syndrome of an abort.
enum {
    CLASS_SHIFT = 26,
    CLASS_SAME_LEVEL =
        1 << CLASS_SHIFT, // what tells 0x21 and 0x25 from the classes of EL0, 0x20 and 0x24
    SYNDROME_WRITE = 1 << 6,
    SYNDROME_CACHE_OPERATION = 1 << 8,
    STATUS_MASK = 0x3f,
    STATUS_LEVEL_MASK = 0x3c, // without the table's level
    STATUS_TRANSLATION = 0x04,
    STATUS_ACCESS_FLAG = 0x08,
    STATUS_PERMISSION = 0x0c,
    STATUS_ALIGNMENT = 0x21,
};

// What si_addr is.
enum fault_address { AT_PC, AT_FAR, AT_SP };

// Faults that need no look at the address space. The last row is for all other classes.
static const struct fault {
    const char *name;
    uint8_t class, signo, si_code, where;
} faults[] = {
    {"undefined instruction", CLASS_UNKNOWN, SIGILL, ILL_ILLOPC, AT_PC},
    {"trapped FP access", CLASS_FP_ACCESS, SIGILL, ILL_ILLOPC, AT_PC},
    {"branch target exception", CLASS_BRANCH_TARGET, SIGILL, ILL_ILLOPC, AT_PC},
    {"illegal execution state", CLASS_ILLEGAL_STATE, SIGILL, ILL_ILLOPC, AT_PC},
    {"system call in the kernel", CLASS_SVC, SIGILL, ILL_ILLOPC, AT_PC},
    {"trapped system register", CLASS_MSR, SIGILL, ILL_ILLOPC, AT_PC},
    {"instruction abort", CLASS_FETCH, SIGBUS, BUS_OBJERR, AT_FAR},
    {"misaligned pc", CLASS_PC_ALIGNMENT, SIGBUS, BUS_ADRALN, AT_FAR},
    {"data abort", CLASS_DATA, SIGBUS, BUS_OBJERR, AT_FAR},
    {"misaligned sp", CLASS_SP_ALIGNMENT, SIGBUS, BUS_ADRALN, AT_SP},
    {"floating-point exception", CLASS_FLOATING_POINT, SIGFPE, FPE_FLTUNK, AT_PC},
    {"SError", CLASS_SERROR, SIGBUS, BUS_OBJERR, AT_PC},
    {"hardware breakpoint", CLASS_BREAKPOINT, SIGTRAP, TRAP_HWBKPT, AT_PC},
    {"single step", CLASS_STEP, SIGTRAP, TRAP_TRACE, AT_PC},
    {"watchpoint", CLASS_WATCHPOINT, SIGTRAP, TRAP_HWBKPT, AT_FAR},
    {"breakpoint", CLASS_BRK, SIGTRAP, TRAP_BRKPT, AT_PC},
    {"unknown exception", CLASS_COUNT, SIGILL, ILL_ILLOPC, AT_PC},
};

// Places in the vector page (direct.S): the app's sp is in use before direct_entry_end and from
// direct_exit_sp; the last look at percpu.work is at direct_exit_start.
extern const char vector_page[], direct_entry_end[];
extern const char direct_exit_start[], direct_exit_sp[], direct_exit_end[];

static enum exception_class class_of(uint64_t syndrome) {
    return syndrome >> CLASS_SHIFT & (CLASS_COUNT - 1);
}

static const struct fault *fault_of(uint64_t syndrome) {
    const struct fault *fault = faults;
    while (fault->class != class_of(syndrome) && fault->class != CLASS_COUNT) {
        fault++;
    }
    return fault;
}

// The access that a page fault was for, 0 for any other exception. Cache maintenance reports a
// write but needs only the right to read.
static int page_fault_access(uint64_t syndrome) {
    uint64_t status = syndrome & STATUS_LEVEL_MASK;
    if (status != STATUS_TRANSLATION && status != STATUS_ACCESS_FLAG &&
        status != STATUS_PERMISSION) {
        return 0;
    }
    switch (class_of(syndrome)) {
    case CLASS_FETCH:
        return PROT_BIT_EXEC;
    case CLASS_DATA:
        return (syndrome & (SYNDROME_WRITE | SYNDROME_CACHE_OPERATION)) == SYNDROME_WRITE
                   ? PROT_BIT_WRITE
                   : PROT_BIT_READ;
    default:
        return 0;
    }
}

static bool is_misaligned_access(uint64_t syndrome) {
    return class_of(syndrome) == CLASS_DATA && (syndrome & STATUS_MASK) == STATUS_ALIGNMENT;
}

// The top byte of a pointer into the low half is ignored (TCR_EL1.TBI0) and never shown.
static uint64_t without_tag(uint64_t address) {
    return (int64_t)(address << 8) < 0 ? address : address << 8 >> 8;
}

// --- from the app -------------------------------------------------------------------------------

// Linux shows the syndrome in the signal frame as an exception from EL0.
static void note_fault(uint64_t syndrome, uint64_t address) {
    struct arch_thread *thread = &thread_current()->arch;
    enum exception_class class = class_of(syndrome);
    bool named_by_level = class == CLASS_FETCH || class == CLASS_DATA;
    thread->fault_syndrome = named_by_level ? syndrome & ~(uint64_t)CLASS_SAME_LEVEL : syndrome;
    thread->fault_address = address;
}

static void app_page_fault(struct regs *regs, int access, uint64_t syndrome, uint64_t address) {
    int si_code = SEGV_MAPERR;
    int signo = address < USER_END ? trap_page_fault(address, access, &si_code) : SIGSEGV;
    if (signo != 0) {
        note_fault(syndrome, address);
        trap_user_fault(regs, signo, si_code, address);
    }
}

static void app_other_fault(struct regs *regs, uint64_t syndrome, uint64_t address) {
    const struct fault *fault = fault_of(syndrome);
    int si_code = is_misaligned_access(syndrome) ? BUS_ADRALN : fault->si_code;
    uint64_t where = fault->where == AT_FAR  ? address
                     : fault->where == AT_SP ? regs->user.sp
                                             : regs->user.pc;
    note_fault(syndrome, fault->where == AT_FAR ? address : 0);
    trap_user_fault(regs, fault->signo, si_code, where);
}

static void app_syscall(struct regs *regs) {
    regs->orig_x0 = regs->user.regs[0];
    regs->kind = REGS_TRAP;
    trap_syscall(regs);
}

static void app_exception(struct regs *regs, uint64_t syndrome, uint64_t address) {
    int access = page_fault_access(syndrome);
    irq_enable();
    if (class_of(syndrome) == CLASS_SVC) {
        app_syscall(regs);
    } else if (access != 0) {
        app_page_fault(regs, access, syndrome, without_tag(address));
    } else {
        app_other_fault(regs, syndrome, without_tag(address));
    }
}

// The interrupt that found the app is a safe point: nothing of the kernel is half done.
static void app_interrupt(void) {
    if (irq_is_timer()) {
        timer_quiet();
        timer_run_expired();
    } else {
        irq_run_pending();
    }
}

static bool in_vector_page(uint64_t pc, const char *start, const char *end) {
    uint64_t offset = pc - VECTOR_VA;
    return offset >= (uint64_t)(start - vector_page) && offset < (uint64_t)(end - vector_page);
}

// On the app's sp, but in the direct path: nothing may be different after an interrupt here. No
// other exception comes from these few instructions.
static bool is_on_direct_path(const struct regs *regs) {
    return in_vector_page(regs->user.pc, vector_page, direct_entry_end) ||
           in_vector_page(regs->user.pc, direct_exit_sp, direct_exit_end);
}

static void kernel_interrupt(const struct regs *regs) {
    if (irq_is_timer()) {
        timer_quiet();
        this_cpu()->work |= WORK_TIMER;
    } else {
        irq_mask();
        this_cpu()->work |= WORK_DEVICE;
    }
    // Past the last look at percpu.work only another interrupt would be noticed.
    if (in_vector_page(regs->user.pc, direct_exit_start, direct_exit_end)) {
        timer_retry_soon();
    }
}

void trap_from_app(struct regs *regs, enum vector vector, uint64_t syndrome, uint64_t address) {
    if (vector == VECTOR_SYNCHRONOUS) {
        app_exception(regs, syndrome, address);
    } else if (vector == VECTOR_SERROR) {
        app_other_fault(regs, (uint64_t)CLASS_SERROR << CLASS_SHIFT, 0);
    } else if (is_on_direct_path(regs)) {
        kernel_interrupt(regs);
    } else {
        app_interrupt();
    }
}

// Leaves interrupts off, so that no work of the CPU can appear between the last look and the app. A
// signal that must wait (pc in a stub) leaves its bit set, so the loop looks at the CPU's own bits
// only.
void trap_before_return(struct regs *regs) {
    stack_check(thread_current()->kstack);
    irq_disable();
    if (is_on_direct_path(regs)) {
        return;
    }
    for (uint64_t work = this_cpu()->work; work != 0; work = this_cpu()->work & WORK_OF_CPU) {
        irq_enable();
        trap_exit_work(regs);
        irq_disable();
    }
}

// --- from the kernel ----------------------------------------------------------------------------

// Leaves interrupts off.
void trap_from_kernel(struct regs *regs, enum vector vector, uint64_t syndrome, uint64_t address) {
    if (vector == VECTOR_IRQ) {
        kernel_interrupt(regs);
    } else if (vector != VECTOR_SYNCHRONOUS) {
        trap_kernel_fault(regs, "SError or FIQ", 0);
    } else if (!trap_usercopy_fault(regs, address, page_fault_access(syndrome))) {
        trap_kernel_fault(regs, fault_of(syndrome)->name, address);
    }
}

void trap_stack_overflow(struct regs *regs, uint64_t sp) {
    trap_kernel_fault(regs, "kernel stack overflow", sp);
}
