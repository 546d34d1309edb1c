// Kernel memory of any size. A failed allocation is NULL and becomes -ENOMEM; nothing here panics.
#pragma once

#include "types.h"

MUST_USE void *heap_alloc(size_t size_bytes); // 16-byte aligned, contents unknown
MUST_USE void *heap_alloc_zeroed(size_t size_bytes);
MUST_USE void *heap_resize(void *old, size_t size_bytes);
void heap_free(void *block); // NULL is fine
size_t heap_used_bytes(void);
