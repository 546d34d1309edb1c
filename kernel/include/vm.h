// A process's memory: areas, and the pages faulted into them.
#pragma once

#include "list.h"
#include "tree.h"
#include "types.h"

struct file;
struct vm_area;

enum {
    VM_SHARED = 1,
    VM_STACK = 2,
    VM_GROWSDOWN = 4,
    VM_HEAP = 8,
    VM_VDSO = 16,
    VM_LOCKED = 32,
    VM_NORESERVE = 64,
    VM_DONTFORK = 128,   // madvise(2): fork leaves the area out
    VM_WIPEONFORK = 256, // madvise(2): the child finds zeroes
};

struct vm_area {
    struct list node;      // by address
    struct tree_node tree; // the same order, for searches (mm/area.c)
    uint64_t gap,
        widest_gap;       // bytes free before this area; the most before any area of the subtree
    uint64_t start, end;  // page aligned, end exclusive
    int prot;             // PROT_*
    uint32_t flags;       // VM_*
    struct file *file;    // NULL: anonymous; holds a reference
    uint64_t file_offset; // of `start`, page aligned
    const char *name;     // "[heap]", "[stack]", "[vdso]" or NULL
};

struct address_space {
    uint32_t references;
    uint64_t root_pa;
    struct list node; // in mm/'s list of all spaces
    struct list areas;
    struct vm_area *last_hit;
    struct tree index; // over areas
    size_t area_count;
    size_t mapped_pages, resident_pages, locked_pages;
    size_t data_pages; // private, writable, not the stack: what RLIMIT_DATA counts
    size_t peak_resident_pages;
    uint32_t default_flags; // for new areas: VM_LOCKED after mlockall(MCL_FUTURE)
    uint64_t brk_start, brk_end;
    uint64_t mmap_top; // searches go down from here; vm_new gives a fixed one, exec a random one
    uint64_t stack_top;
    uint64_t vdso_base;
    uint64_t arg_start, arg_end, env_start, env_end, auxv_start, auxv_end;
    uint64_t code_start, code_end, data_start, data_end;
};

MUST_USE struct address_space *vm_new(void);
void vm_hold(struct address_space *space);
void vm_release(struct address_space *space); // frees everything at zero; never the root in use
// A copy for fork(2): areas the same, pages shared until one side writes. NULL: no memory.
MUST_USE struct address_space *vm_copy(struct address_space *space);

struct vm_request {
    uint64_t address; // hint, or exact with `fixed`
    uint64_t size_bytes;
    int prot;
    uint32_t flags; // VM_*
    bool fixed, no_replace;
    struct file *file;
    uint64_t file_offset;
    const char *name;
};
// The chosen address, or -errno (as a negative number).
int64_t vm_map(struct address_space *space, const struct vm_request *request);
int vm_unmap(struct address_space *space, uint64_t start, uint64_t size_bytes);
int vm_protect(struct address_space *space, uint64_t start, uint64_t size_bytes, int prot);
struct vm_area *vm_find(struct address_space *space, uint64_t address); // containing it, or NULL
struct vm_area *vm_find_next(struct address_space *space,
                             uint64_t address); // containing it or the first above
// Makes the page at `address` present for the access, as a fault would. 0, or the signal: SIGSEGV,
// SIGBUS, or SIGKILL when memory has run out.
int vm_fault(struct address_space *space, uint64_t address, int prot_bit, int *si_code);
// Maps a kernel-owned page (the vDSO's) without copying it; each page is held.
int vm_map_pages(struct address_space *space, uint64_t address, const uint64_t *pas, size_t count,
                 int prot, uint32_t flags, const char *name);
// The PTE slot of an address, tables made on the way when `create`; NULL without memory or table.
uint64_t *vm_pte(struct address_space *space, uint64_t address, bool create);

// Faults in every page of the range that can be, for MAP_POPULATE and mlock; a private writable
// page gets its own copy. 0, -ENOMEM (a hole, or no memory), -EFAULT (SIGBUS, or no access).
int vm_populate(struct address_space *space, uint64_t start, uint64_t size_bytes);
// Drops the pages, not the area: the next access finds zeroes, or the file again.
void vm_discard(struct address_space *space, uint64_t start, uint64_t end);
// The inode has shrunk to `page_count` pages: mappings beyond that lose theirs, so that an access
// gives SIGBUS (mm/truncate.c; called by whoever shortens a file that can be mapped, before it
// frees the pages).
struct inode;
void vm_truncate(const struct inode *inode, uint64_t page_count);
// The page at `index` is another from now on: mappings that still show the old one look again
// (mm/replace.c).
void vm_replace(const struct inode *inode, uint64_t index, uint64_t old_pa);

// brk(2): the new end, or the old one when that cannot be.
uint64_t vm_brk(struct address_space *space, uint64_t end);
// Sets and clears VM_* flags on every area of the range, up to the first hole (-ENOMEM).
int vm_set_flags(struct address_space *space, uint64_t start, uint64_t size_bytes, uint32_t set,
                 uint32_t clear);

// mremap(2), behind its checks of flags and alignment. Sizes are page aligned.
struct vm_remap {
    uint64_t old_address, old_size, new_size;
    uint64_t new_address;       // with `fixed`, or a hint with `keep`
    bool may_move, fixed, keep; // keep: MREMAP_DONTUNMAP
};
int64_t vm_remap(struct address_space *space, const struct vm_remap *remap);
