// Robust futexes: a thread that ends while it holds locks marks each one, so that the next to want
// it learns that the owner has died (Linux, Documentation/locking/robust-futex-ABI.rst). The list
// lies in the app's memory, and nothing in it can be believed.
#include "arch.h"
#include "futex.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/errno.h>
#include <linux/futex.h>

// An entry's address has the mark of a priority-inheriting lock in bit 0.
#define ENTRY_IS_PI 1UL

SYSCALL(set_robust_list)(void __user *head, size_t len) {
    if (len != sizeof(struct robust_list_head)) {
        return -EINVAL;
    }
    thread_current()->robust_list = (uint64_t)head;
    return 0;
}

SYSCALL(get_robust_list)(int pid, void __user *head_ptr, size_t __user *len_ptr) {
    const struct thread *thread = pid == 0 ? thread_current() : thread_find(pid);
    if (thread == NULL) {
        return -ESRCH;
    }
    uint64_t head = thread->robust_list;
    if (put_user(sizeof(struct robust_list_head), len_ptr) != 0) {
        return -EFAULT;
    }
    return copy_to_user(head_ptr, &head, sizeof(head));
}

static int mark_owner_died(const struct thread *thread, uint64_t address, bool is_pi) {
    uint32_t value, found;
    if (get_user(value, (const uint32_t __user *)user_pointer(address)) != 0) {
        return -EFAULT;
    }
    for (;; value = found) {
        if ((value & FUTEX_TID_MASK) != (uint32_t)thread->tid) {
            return 0;
        }
        uint32_t marked = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        if (arch_user_cmpxchg32(address, value, marked, &found) != 0) {
            return -EFAULT;
        }
        if (found == value) {
            break;
        }
    }
    if (!is_pi && (value & FUTEX_WAITERS) != 0) {
        futex_wake_shared(address, 1);
    }
    return 0;
}

static int mark_entry(const struct thread *thread, uint64_t entry, uint64_t offset) {
    uint64_t address = (entry & ~ENTRY_IS_PI) + offset;
    if (address % sizeof(uint32_t) != 0 ||
        !user_range_ok(user_pointer(address), sizeof(uint32_t))) {
        return -EFAULT;
    }
    return mark_owner_died(thread, address, (entry & ENTRY_IS_PI) != 0);
}

static void walk_robust_list(struct thread *thread) {
    uint64_t head_address = thread->robust_list;
    struct {
        uint64_t next, offset, pending;
    } head;
    if (head_address == 0 || copy_from_user(&head, user_pointer(head_address), sizeof(head)) != 0) {
        return;
    }
    uint64_t entry = head.next;
    for (unsigned count = 0; count < ROBUST_LIST_LIMIT && (entry & ~ENTRY_IS_PI) != head_address;
         count++) {
        uint64_t next;
        bool broken = copy_from_user(&next, user_pointer(entry & ~ENTRY_IS_PI), sizeof(next)) != 0;
        if (entry != head.pending && mark_entry(thread, entry, head.offset) != 0) {
            return;
        }
        if (broken) {
            return;
        }
        entry = next;
    }
    if ((head.pending & ~ENTRY_IS_PI) != 0) {
        mark_entry(thread, head.pending, head.offset);
    }
}
THREAD_EXIT_HOOK(1, walk_robust_list);
