// rseq(2): a piece of code that begins again when it did not run through undisturbed. The thread's
// structure says which one it is in; when the thread loses the CPU or takes a signal there, it goes
// on at the piece's abort address (Linux, <linux/rseq.h>, and rseq(2) of librseq). There is one
// CPU, number 0, so what the structure says about it is written once.
#include "sequence.h"
#include "signal.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/rseq.h>

enum { AREA_SIZE = 32, AREA_ALIGN = 32 };

// What <linux/rseq.h> of 6.3 has; older ones lack the last two.
struct area {
    uint32_t cpu_id_start, cpu_id;
    uint64_t sequence; // address of a struct rseq_cs
    uint32_t flags, node_id, concurrency_id, reserved;
};
_Static_assert(sizeof(struct area) == AREA_SIZE, "the structure's first published size");

static int write_ids(uint64_t address, uint32_t cpu_id) {
    struct area __user *area = (struct area __user *)address;
    const uint32_t ids[2] = {0, cpu_id}, more[2] = {0, 0};
    if (copy_to_user(&area->cpu_id_start, ids, sizeof(ids)) != 0) {
        return -EFAULT;
    }
    return copy_to_user(&area->node_id, more, sizeof(more));
}

static long leave(struct thread *thread, uint64_t address, uint32_t length, uint32_t signature) {
    if (thread->rseq == 0 || thread->rseq != address || length != thread->rseq_length) {
        return -EINVAL;
    }
    if (signature != thread->rseq_signature) {
        return -EPERM;
    }
    thread->rseq = 0;
    return write_ids(address, (uint32_t)RSEQ_CPU_ID_UNINITIALIZED);
}

SYSCALL(rseq)(void __user *rseq, uint32_t rseq_len, int flags, uint32_t sig) {
    struct thread *thread = thread_current();
    uint64_t address = (uint64_t)rseq;
    if (flags == RSEQ_FLAG_UNREGISTER) {
        return leave(thread, address, rseq_len, sig);
    }
    if (flags != 0) {
        return -EINVAL;
    }
    if (thread->rseq != 0) {
        bool same = thread->rseq == address && thread->rseq_length == rseq_len;
        long other = same ? -EPERM : -EINVAL;
        return same && thread->rseq_signature == sig ? -EBUSY : other;
    }
    if (address == 0 || address % AREA_ALIGN != 0 || rseq_len < AREA_SIZE) {
        return -EINVAL;
    }
    if (write_ids(address, 0) != 0) {
        return -EFAULT;
    }
    thread->rseq = address;
    thread->rseq_length = rseq_len;
    thread->rseq_signature = sig;
    return 0;
}

// struct rseq_cs without its alignment: to align the stack, clang takes a register that a direct
// call leaves alone.
struct sequence {
    uint32_t version, flags;
    uint64_t start_ip, post_commit_offset, abort_ip;
};
_Static_assert(sizeof(struct sequence) == sizeof(struct rseq_cs), "what programs write");

// --- the interruption ---------------------------------------------------------------------------

// 0, or -EFAULT for a sequence that makes no sense: such a program gets SIGSEGV, as on Linux.
static int check(const struct thread *thread, const struct sequence *sequence) {
    uint32_t signature;
    uint64_t end = sequence->start_ip + sequence->post_commit_offset;
    bool wraps = end < sequence->start_ip || end > USER_END;
    bool aborts_inside = sequence->abort_ip - sequence->start_ip < sequence->post_commit_offset;
    if (sequence->version != 0 || sequence->flags != 0 || wraps || aborts_inside) {
        return -EFAULT;
    }
    if (copy_from_user(&signature, user_pointer(sequence->abort_ip - sizeof(signature)),
                       sizeof(signature)) != 0) {
        return -EFAULT;
    }
    return signature == thread->rseq_signature ? 0 : -EFAULT;
}

static int abort_sequence(const struct thread *thread, struct regs *regs) {
    struct area __user *area = (struct area __user *)thread->rseq;
    struct sequence sequence;
    uint64_t address;
    if (copy_from_user(&address, &area->sequence, sizeof(address)) != 0) {
        return -EFAULT;
    }
    if (address == 0) {
        return 0;
    }
    if (copy_from_user(&sequence, user_pointer(address), sizeof(sequence)) != 0 ||
        check(thread, &sequence) != 0 || put_user((uint64_t)0, &area->sequence) != 0) {
        return -EFAULT;
    }
    if (regs_pc(regs) - sequence.start_ip < sequence.post_commit_offset) {
        regs_set_pc(regs, sequence.abort_ip);
    }
    return 0;
}

// No system call is made within a sequence, so one is not looked for then.
static void interrupted(struct regs *regs) {
    struct thread *thread = thread_current();
    if (thread->rseq == 0 || regs_is_syscall(regs) || abort_sequence(thread, regs) == 0) {
        return;
    }
    const struct siginfo_k info = {.signo = SIGSEGV, .code = SI_KERNEL};
    thread->rseq = 0;
    signal_force(thread, &info);
}
APP_INTERRUPTED_HOOK(interrupted);
