// System calls that the image has no handler for: what happens is the image's choice (hermipy pack
// --on-missing).
#include "arch.h"
#include "channel.h"
#include "image.h"
#include "linker.h"
#include "signal.h"
#include "syscall.h"
#include "thread.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/audit.h>
#include <linux/errno.h>

enum { NUMBERS_NOTED = 1024 };

static uint64_t noted[NUMBERS_NOTED / 64];

static bool note_first(uint32_t number) {
    if (number >= NUMBERS_NOTED) {
        return true; // none of Linux's: each one is news
    }
    uint64_t bit = 1UL << number % 64;
    bool first = (noted[number / 64] & bit) == 0;
    noted[number / 64] |= bit;
    return first;
}

// As seccomp(2) does it for SECCOMP_RET_TRAP; when nobody can catch that, SECCOMP_RET_KILL_PROCESS.
static void send_sigsys(const struct regs *regs, uint32_t number) {
    struct thread *thread = thread_current();
    const struct signal_action *action = &thread->process->actions->of[SIGSYS - 1];
    bool caught =
        action->handler > (uint64_t)SIG_IGN && (thread->blocked & signal_bit(SIGSYS)) == 0;
    if (!caught) {
        process_exit(SIGSYS);
    }
    struct siginfo_k info = {.signo = SIGSYS, .code = SYS_SECCOMP};
    info.fields[0] = regs_pc(regs) - SYSCALL_INSN_SIZE;
    info.fields[1] = number | (uint64_t)(ARCH_ELF_MACHINE | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
                                  << 32;
    signal_send_thread(thread, &info);
}

long syscall_missing(void) {
    const struct regs *regs = thread_regs(thread_current());
    uint32_t number = (uint32_t)regs_number(regs);
    if ((image_blob->flags & (IMAGE_MISSING_LOG | IMAGE_MISSING_KILL)) != 0 && note_first(number)) {
        channel_send(CHANNEL_MISSING, &number, sizeof(number));
    }
    if ((image_blob->flags & IMAGE_MISSING_KILL) != 0) {
        send_sigsys(regs, number);
    }
    return -ENOSYS;
}
