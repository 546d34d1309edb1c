// The address space, the same on both machines: 39-bit virtual addresses, three levels of tables.
//
//   0x0000000000000000 - 0x0000000000000fff   never mapped
//   0x0000000000001000 - 0x000000000000ffff   only what asks for it by address: stubs, a root's
//   MAP_FIXED USER_START - USER_END                     the app DIRECT_MAP + pa all RAM and
//   devices; the kernel is linked here, so no page
//                                             has a second, more permissive, address
//   PERCPU_VA                                 the per-CPU page: `lui` reaches it without any
//   register VECTOR_VA                                 the vector page: code that rewritten sites
//   jump to
//
// Every kernel address, and so every kernel stack, is negative as a signed number; every app
// address is positive.
#pragma once

#define USER_START 0x10000UL
#define USER_END 0x4000000000UL // 256 GiB: the low half of Sv39, and AArch64 stays inside it
#define DIRECT_MAP 0xffffffc000000000UL
#define PERCPU_VA 0xffffffffffffe000UL
#define VECTOR_VA 0xfffffffffffff000UL

#define KSTACK_SIZE 16384UL // bytes, naturally aligned; struct regs of the app at its top
