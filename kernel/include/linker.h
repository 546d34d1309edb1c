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

// One past the last entry of syscall_table[]. (syscall_count, the number of entries as an absolute
// symbol, is for the assembly: C reaches symbols relative to pc, and a small number is out of reach
// from the kernel's half.)
extern const int32_t syscall_table_end[];

// The boot thread's kernel stack, KSTACK_SIZE bytes: the idle thread's.
extern char boot_stack[];
