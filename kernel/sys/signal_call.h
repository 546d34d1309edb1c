// What the signal calls share: masks from the app, and a mask that holds for one call only.
#pragma once

#include "signal.h"
#include "types.h"

#define SIGNAL_UNBLOCKABLE (signal_bit(9) | signal_bit(19)) // SIGKILL, SIGSTOP: the same everywhere

// 0, -EINVAL for a wrong size, -EFAULT.
MUST_USE int signal_mask_get(const uint64_t __user *from, size_t size_bytes, uint64_t *mask);
struct process;
struct siginfo_k signal_info_from_self(int signo, int code);
// As kill(2) does, with its check of permission. 0 or -errno.
int signal_call_send(struct process *process, const struct siginfo_k *info);
// ppoll, pselect6, epoll_pwait, rt_sigsuspend: `mask` holds until signal_mask_end(), or until the
// handler that ends the call returns. NULL keeps the mask. 0 or -errno.
MUST_USE int signal_mask_begin(const uint64_t __user *mask, size_t size_bytes);
void signal_mask_end(bool interrupted);
