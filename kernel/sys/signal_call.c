// A signal mask for the length of one call. When a handler ends the call, its frame has the old
// mask (core/signal_deliver.c takes WORK_RESTORE_MASK); when none ran, the way out puts it back.
#include "signal_call.h"

#include <asm/errno.h>

#include "percpu.h"
#include "thread.h"
#include "usercopy.h"

int signal_mask_get(const uint64_t __user *from, size_t size_bytes, uint64_t *mask) {
    if (size_bytes != sizeof(*mask)) {
        return -EINVAL;
    }
    return copy_from_user(mask, from, sizeof(*mask));
}

int signal_mask_begin(const uint64_t __user *mask, size_t size_bytes) {
    uint64_t wanted;
    if (mask == NULL) {
        return 0;
    }
    int error = signal_mask_get(mask, size_bytes, &wanted);
    if (error != 0) {
        return error;
    }
    struct thread *thread = thread_current();
    thread->saved_blocked = thread->blocked;
    percpu_add_work(WORK_RESTORE_MASK);
    signal_set_blocked(thread, wanted);
    return 0;
}

void signal_mask_end(bool interrupted) {
    struct thread *thread = thread_current();
    if (!interrupted && percpu_take_work(WORK_RESTORE_MASK) != 0) {
        signal_set_blocked(thread, thread->saved_blocked);
    }
}
