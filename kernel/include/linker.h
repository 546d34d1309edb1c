// What the linker script (arch/<arch>/kernel.ld) defines: addresses, never values. All are kernel
// addresses; sections begin and end on page boundaries, so that each can have its own permissions.
#pragma once

#include "types.h"

extern const char text_start[], text_end[];
extern const char rodata_start[], rodata_end[];
extern const char data_start[], data_end[];
extern const char bss_start[], bss_end[];
// The image's own data follows at image_blob (image.h), which is _end rounded up to a page.
extern const char _end[];

// syscall_table[] has this many entries; the value is the symbol's address.
extern const char syscall_count[];

// The boot thread's kernel stack, KSTACK_SIZE bytes: the idle thread's.
extern char boot_stack[];
