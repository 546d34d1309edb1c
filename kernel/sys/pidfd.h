// Processes by descriptor, for the calls that take one (sys/pidfd.c).
#pragma once

struct process;

// 0, -EBADF (not such a descriptor), -ESRCH (the process has ended).
int pidfd_process(int fd, struct process **process);
