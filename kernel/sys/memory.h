// What the memory handlers share.
#pragma once

#include "types.h"

struct address_space;
struct file;
struct process;

// May the process lock this many bytes more (RLIMIT_MEMLOCK)? 0, -EPERM, or `beyond`.
int memory_may_lock(const struct process *process, uint64_t size_bytes, int beyond);
// madvise(2) on any space.
long memory_advise(struct address_space *space, uint64_t address, size_t length, int behavior);
// A file without a name for MAP_SHARED | MAP_ANONYMOUS: pages appear when asked for. One reference,
// or NULL.
MUST_USE struct file *memory_shared_new(uint64_t size_bytes);
size_t memory_shared_pages(const struct file *file); // how many it has by now
