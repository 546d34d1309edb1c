// restart_syscall(2): the signal code points an interrupted call here when only the kernel knows
// how it goes on, a sleep with its deadline for one.
#include "syscall.h"
#include "thread.h"

#include <linux/errno.h>

SYSCALL(restart_syscall)(void) {
    struct thread *thread = thread_current();
    long (*restart)(struct thread *) = thread->restart;
    thread->restart = NULL;
    return restart != NULL ? restart(thread) : -EINTR;
}
