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

// Other threads do not run while this one is here, and a switch between them orders everything.
SYSCALL(membarrier)(int cmd, unsigned int flags, UNUSED int cpu_id) {
    struct process *process = process_current();
    if (flags != 0) {
        return -EINVAL;
    }
    switch (cmd) {
    case MEMBARRIER_CMD_QUERY:
        return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
        return 0;
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
        process->membarrier_registered = true;
        return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
        return process->membarrier_registered ? 0 : -EPERM;
    default:
        return -EINVAL;
    }
}
