// The contract between the kernel and an architecture. arch/<arch>/ has the same file names on both
// sides; arch_defs.h there defines `struct regs`, `struct arch_thread` and the inline functions
// listed below.
//
//   boot.S     reset to kernel_main(): early tables, MMU on, boot stack
//   mmu.c      page-table entries                      trap.S     entry from exceptions and
//   interrupts trap.c     what an exception means                 direct.S   the vector page: entry
//   from rewritten sites switch.S   kernel thread switch                    usercopy.S copies that
//   may fault signal.c   the signal frame                        irq.c      the interrupt
//   controller timer.c    the clock and its interrupt             uart.c     the early console
//   power.c    the end of the run                      vdso/      the vDSO's source
//   rtc.c      the time of day                         kernel.ld  the image's layout
//   machine.h  addresses of QEMU's virt machine
#pragma once

#include "types.h"

struct thread;
struct address_space;
struct siginfo_k;

#include "arch_defs.h"
// arch_defs.h defines, besides the two structures:
//
//   ARCH_NAME            the machine name that uname gives ("riscv64", "aarch64")
//   ARCH_ELF_MACHINE     EM_RISCV or EM_AARCH64
//   SYSCALL_INSN_SIZE    4
//
// reading a frame (const struct regs *), each a uint64_t:
//
//   regs_pc, regs_sp, regs_fp
//   regs_number            a7 or x8
//   regs_arg(, n)          n in 0..5; argument 0 is the value at entry (orig_a0)
//   regs_result
//   regs_dwarf(, number)   a register by its DWARF number, 0..31
//   regs_irq_flags         what irq_save() would have given in the interrupted code
//
// writing it:
//
//   regs_set_pc, regs_set_sp, regs_set_result(, value), regs_set_arg(, n, value)
//   regs_set_tls(, struct thread *, value)   for CLONE_SETTLS, before the thread first runs
//
// a frame that a system call made:
//
//   bool regs_is_syscall      it did, and the call may be restarted
//   bool regs_is_direct       ... and came over the direct path
//   void regs_clear_syscall   no restart from here on
//
// and the CPU:
//
//   uint64_t irq_save(void); void irq_restore(uint64_t), irq_enable(void), irq_disable(void)
//   void cpu_wait_for_interrupt(void)   with interrupts off; returns when one is pending
//   uint64_t clock_ticks(void)          the free-running counter
//   struct percpu *this_cpu(void)
//
// The struct regs of the app always lies at the top of the thread's kernel stack (thread_regs()).

// mmu.c ------------------------------------------------------------------------------------------

enum {
    PROT_BIT_READ = 1,
    PROT_BIT_WRITE = 2,
    PROT_BIT_EXEC = 4
}; // as PROT_READ, PROT_WRITE, PROT_EXEC

typedef uint64_t pte_t;

// Pages of the app and of the kernel differ only in where they lie: both run at the same privilege.
pte_t pte_make(uint64_t pa, int prot); // prot 0: present for the kernel's books, inaccessible
pte_t pte_make_table(uint64_t pa);
bool pte_present(pte_t pte); // maps something (a leaf or a table)
bool pte_is_table(pte_t pte);
bool pte_writable(pte_t pte);
uint64_t pte_pa(pte_t pte);
bool pte_test_clear_accessed(
    pte_t *pte); // both machines keep A/D in hardware or fault-free: always set

uint64_t mmu_new_root(void);         // PA of an empty root for the low half (kernel half shared)
void mmu_use_root(uint64_t root_pa); // switch the app's half; flushes what must be flushed
pte_t *mmu_root_table(
    uint64_t root_pa); // 512 entries; a table entry of level 2, 1, 0 covers 1 GiB, 2 MiB, 4 KiB
void mmu_flush_page(uint64_t va);
void mmu_flush_all(void); // the app's half
void mmu_sync_icache(uint64_t va, uint64_t size_bytes);
void mmu_init(uint64_t ram_end_pa); // final kernel tables: text RX, rodata R, data and RAM RW

static inline void *pa_to_va(uint64_t pa);
static inline uint64_t va_to_pa(const void *va);

// switch.S, trap.S -------------------------------------------------------------------------------

// Saves callee-saved registers, TLS and FP state of `from`, and continues `to` where it last called
// this.
void arch_switch(struct thread *from, struct thread *to);
// Makes `thread` start by returning to the app with thread_regs(thread).
void arch_prepare_user(struct thread *thread);
// Makes `thread` start at fn(argument) on its kernel stack (idle, kernel threads).
void arch_prepare_kernel(struct thread *thread, void (*fn)(void *), void *argument);
// The FP registers of the running thread, as the signal frame and fork want them.
void arch_fp_save(struct arch_fp *fp);
void arch_fp_restore(const struct arch_fp *fp);
void arch_fp_copy(struct thread *to,
                  struct thread *from); // clone: the child starts with the parent's
// The state of a program's first instruction: all registers zero but sp and pc, FP state clear.
void arch_regs_init(struct regs *regs, uint64_t pc, uint64_t sp);

// usercopy.S: return the number of bytes NOT copied (0 is success). Range checks are the caller's
// (usercopy.h).
size_t arch_copy_from_user(void *to, uint64_t from, size_t size_bytes);
size_t arch_copy_to_user(uint64_t to, const void *from, size_t size_bytes);
size_t arch_clear_user(uint64_t to, size_t size_bytes);
// Length of the string without its NUL, at most max; or -EFAULT. Copies as it goes.
ssize_t arch_strncpy_from_user(char *to, uint64_t from, size_t max);
// Atomic compare-and-exchange and read-modify-write for futexes; 0 or -EFAULT.
int arch_user_cmpxchg32(uint64_t address, uint32_t expected, uint32_t desired, uint32_t *found);

// signal.c ---------------------------------------------------------------------------------------

struct signal_frame_request {
    int signo;
    uint64_t handler, restorer; // restorer: 0 when the vDSO's trampoline serves
    uint64_t flags;             // SA_SIGINFO, SA_ONSTACK ...
    uint64_t mask;              // the mask to restore on return
    const void *siginfo;        // 128 bytes, as <asm/siginfo.h> lays them out
    uint64_t stack_top; // where the frame goes: below the app's sp, or the alternate stack's top
    uint64_t altstack_base, altstack_size;
    uint32_t altstack_flags;
};
// Writes the frame to the app's stack and points regs at the handler. 0 or -EFAULT.
int arch_signal_push(struct regs *regs, const struct signal_frame_request *request);
// Reads it back: registers, FP state; 0 or -EFAULT. The mask and altstack go to the caller.
int arch_signal_pop(struct regs *regs, uint64_t *mask, uint64_t altstack[3]);

// hwcap.c: for the auxiliary vector --------------------------------------------------------------

uint64_t arch_hwcap(void);       // AT_HWCAP
uint64_t arch_hwcap2(void);      // AT_HWCAP2
const char *arch_platform(void); // AT_PLATFORM; NULL: the architecture has none

// timer.c, irq.c, uart.c, power.c
// ------------------------------------------------------------------

void timer_init(void);
uint64_t clock_frequency_hz(void);
void timer_arm(uint64_t deadline_ticks); // one interrupt when clock_ticks() reaches it
void timer_disarm(void);
// Interrupts stay enabled while the kernel runs, and no kernel data is safe from them: so an
// interrupt that finds the kernel running (pc in the kernel's half) only notes WORK_TIMER or
// WORK_DEVICE (the line stays masked) and returns. Handlers run at safe points: straight away when
// the app was interrupted, else in trap_exit_work(), schedule() and the idle loop, which call
// timer_run_expired() and irq_run_pending(). When the interrupt falls between the exit's last look
// at percpu.work and the app (pc in the kernel's half, sp in the app's), the architecture arms the
// timer for INTERRUPT_RETRY_TICKS from now as well, so that nothing is left lying.
void irq_run_pending(void);
typedef void (*irq_handler_fn)(void *context);
void irq_register(unsigned line, irq_handler_fn handler,
                  void *context); // virt machine's interrupt number
void uart_put(char c);
int uart_get(void);                           // -1 when nothing has come
void uart_irq_enable(irq_handler_fn handler); // calls it when a byte has come
uint64_t arch_rtc_ns(void);                   // rtc.c: the machine's clock, since 1970
NORETURN void
power_off(int exit_status); // RISC-V: QEMU exits with it; AArch64: PSCI, the channel told it

// The trap layer calls these (core/, mm/) --------------------------------------------------------

void kernel_main(uint64_t fdt_pa); // core/main.c, on the boot stack, MMU on, interrupts off
void trap_user_fault(struct regs *regs, int signo, int si_code,
                     uint64_t address); // core/signal_exit.c
int trap_page_fault(uint64_t address, int prot_bit,
                    int *si_code); // mm/fault.c: 0 handled, else SIGSEGV or SIGBUS
// core/usercopy_fault.c: whether the fault was a copy's; prot_bit 0 when no page can mend it.
bool trap_usercopy_fault(struct regs *regs, uint64_t address, int prot_bit);
NORETURN void trap_kernel_fault(struct regs *regs, const char *what,
                                uint64_t address); // core/panic.c
void timer_run_expired(void); // core/clock.c: fire timers, note the end of a slice, arm the next
void trap_syscall(struct regs *regs); // core/syscall.c: the trap path's dispatch
void trap_exit_work(
    struct regs *regs); // core/signal_exit.c: signals, reschedule; full frame; loops until no work
