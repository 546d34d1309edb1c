// A process's memory: areas, and the pages faulted into them.
#pragma once

#include "list.h"
#include "types.h"

struct file;
struct vm_area;

enum { VM_SHARED = 1, VM_STACK = 2, VM_GROWSDOWN = 4, VM_HEAP = 8, VM_VDSO = 16, VM_LOCKED = 32, VM_NORESERVE = 64 };

struct vm_area {
    struct list node;                   // by address; mm/ may add an index
    uint64_t start, end;                // page aligned, end exclusive
    int prot;                           // PROT_*
    uint32_t flags;                     // VM_*
    struct file *file;                  // NULL: anonymous; holds a reference
    uint64_t file_offset;               // of `start`, page aligned
    const char *name;                   // "[heap]", "[stack]", "[vdso]" or NULL
    void *private;                      // mm/'s
};

struct address_space {
    uint32_t references;
    uint64_t root_pa;
    struct list areas;
    struct vm_area *last_hit;
    void *index;                        // mm/'s, over areas
    size_t area_count;
    size_t mapped_pages, resident_pages, locked_pages;
    uint64_t brk_start, brk_end;
    uint64_t mmap_top;                  // searches go down from here (randomised)
    uint64_t stack_top;
    uint64_t vdso_base;
    uint64_t arg_start, arg_end, env_start, env_end, auxv_start, auxv_end;
    uint64_t code_start, code_end, data_start, data_end;
};

MUST_USE struct address_space *vm_new(void);
void vm_hold(struct address_space *space);
void vm_release(struct address_space *space);           // frees everything at zero

struct vm_request {
    uint64_t address;                   // hint, or exact with `fixed`
    uint64_t size_bytes;
    int prot;
    uint32_t flags;                     // VM_*
    bool fixed, no_replace;
    struct file *file;
    uint64_t file_offset;
    const char *name;
};
// The chosen address, or -errno (as a negative number).
int64_t vm_map(struct address_space *space, const struct vm_request *request);
int vm_unmap(struct address_space *space, uint64_t start, uint64_t size_bytes);
int vm_protect(struct address_space *space, uint64_t start, uint64_t size_bytes, int prot);
struct vm_area *vm_find(struct address_space *space, uint64_t address);         // containing it, or NULL
struct vm_area *vm_find_next(struct address_space *space, uint64_t address);    // containing it or the first above
// Makes the page at `address` present for the access, as a fault would. 0, or the signal (SIGSEGV, SIGBUS).
int vm_fault(struct address_space *space, uint64_t address, int prot_bit, int *si_code);
// Maps a kernel-owned page (the vDSO's) without copying it; each page is held.
int vm_map_pages(struct address_space *space, uint64_t address, const uint64_t *pas, size_t count, int prot, uint32_t flags,
                 const char *name);
// The PTE slot of an address, tables made on the way when `create`; NULL without memory or table.
uint64_t *vm_pte(struct address_space *space, uint64_t address, bool create);
