// What is simple on one CPU.
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/errno.h>
#include <linux/membarrier.h>

SYSCALL(getcpu)(unsigned int __user *cpu, unsigned int __user *node, UNUSED void __user *cache) {
    bool failed =
        (cpu != NULL && put_user(0U, cpu) != 0) || (node != NULL && put_user(0U, node) != 0);
    return failed ? -EFAULT : 0;
}

// <linux/membarrier.h> of 6.3.
#define GET_REGISTRATIONS (1 << 9)

// A command and what must have been registered for it.
static uint32_t registration_for(int cmd) {
    switch (cmd) {
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
        return MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
        return MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    default:
        return MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ;
    }
}

#define REGISTRATIONS                                                                              \
    (MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |        \
     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE |                                         \
     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
#define COMMANDS                                                                                   \
    (MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |  \
     MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ |          \
     GET_REGISTRATIONS)

// Other threads do not run while this one is here, and a switch between them orders everything; a
// restartable sequence of theirs was aborted when they stopped. Only instructions may be stale.
SYSCALL(membarrier)(int cmd, unsigned int flags, UNUSED int cpu_id) {
    struct process *process = process_current();
    bool of_one_cpu =
        cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ && flags == (unsigned)MEMBARRIER_CMD_FLAG_CPU;
    if (flags != 0 && !of_one_cpu) {
        return -EINVAL;
    }
    switch (cmd) {
    case MEMBARRIER_CMD_QUERY:
        return COMMANDS | REGISTRATIONS;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
        return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
        if (cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) {
            mmu_sync_icache(USER_START, 0);
        }
        return (process->membarrier_registered & registration_for(cmd)) != 0 ? 0 : -EPERM;
    case GET_REGISTRATIONS:
        return process->membarrier_registered;
    default:
        break;
    }
    bool is_registration = cmd > 0 && (cmd & (cmd - 1)) == 0 && (cmd & REGISTRATIONS) != 0;
    process->membarrier_registered |= is_registration ? (uint32_t)cmd : 0;
    return is_registration ? 0 : -EINVAL;
}
