// Pages appear when they are touched: this decides what lies behind an address and makes the entry
// for it.
//
//   private, anonymous    read: the one zero page; write: a zeroed page
//   private, of a file    read: the file's page, read-only; write: a copy
//   shared                the file's page, for good (the image's own page is never shared: a later
//   write(2) has
//                         to be seen through the mapping, and the image is not written)
//   shared after fork     a write copies unless nobody else holds the page any more
//
// A new entry is not flushed: both machines look again when they find none. A machine that
// remembered one faults once more, and the second fault, finding nothing to do, flushes.

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/resource.h>

#include "file.h"
#include "layout.h"
#include "page.h"
#include "pagetable.h"
#include "report.h"
#include "string.h"
#include "thread.h"
#include "vfs.h"

enum { AROUND_PAGES = 16 }; // of a file in the image, mapped with the one that was touched

struct fault {
    struct address_space *space;
    struct vm_area *area;
    uint64_t page; // the address, rounded down
    bool write;
    int si_code;
};

static int out_of_memory(struct fault *fault) {
    static bool told;
    if (!told) {
        log_line(
            "out of memory: all of %lu KiB are in use, so the program is killed; more: --memory",
            page_total_count() << (PAGE_SHIFT - 10));
        told = true;
    }
    fault->si_code = SI_KERNEL;
    return SIGKILL;
}

static uint64_t file_page_index(const struct vm_area *area, uint64_t va) {
    return (va - area->start + area->file_offset) >> PAGE_SHIFT;
}

// The file ends before this page, or there was no memory to hold it.
static int no_page_in_file(struct fault *fault) {
    const struct inode *inode = fault->area->file->inode;
    uint64_t start = file_page_index(fault->area, fault->page) << PAGE_SHIFT;
    bool inside = inode == NULL || start < (uint64_t)inode->size;
    if (inside && page_is_scarce()) {
        return out_of_memory(fault);
    }
    fault->si_code = BUS_ADRERR;
    return SIGBUS;
}

static uint64_t zero_page(void) {
    static uint64_t zero_pa;
    if (zero_pa == 0) {
        zero_pa = page_alloc_zeroed();
    }
    return zero_pa;
}

// Takes over the caller's reference.
static void install(struct fault *fault, pte_t *slot, uint64_t pa, bool writable) {
    if ((fault->area->prot & PROT_BIT_EXEC) != 0 && !page_is_image(pa)) {
        mmu_sync_icache((uint64_t)pa_to_va(pa), PAGE_SIZE);
    }
    pt_set(fault->space, slot, pt_entry(pa, fault->area->prot, writable));
}

static int fault_anonymous(struct fault *fault, pte_t *slot) {
    uint64_t pa = fault->write ? page_alloc_zeroed() : zero_page();
    if (pa == 0) {
        return out_of_memory(fault);
    }
    if (!fault->write) {
        page_hold(pa);
    }
    install(fault, slot, pa, fault->write);
    return 0;
}

// Maps the pages of the image around the one that was touched: they are there anyway.
static void map_around(struct fault *fault) {
    struct vm_area *area = fault->area;
    uint64_t window = AROUND_PAGES * PAGE_SIZE;
    uint64_t start = MAX(fault->page & ~(window - 1), area->start);
    uint64_t end = MIN((fault->page & ~(window - 1)) + window, area->end);
    for (uint64_t va = start; va < end; va += PAGE_SIZE) {
        pte_t *slot = vm_pte(fault->space, va, false);
        if (slot == NULL || pte_present(*slot)) {
            continue;
        }
        uint64_t pa = area->file->ops->page(area->file, file_page_index(area, va), false);
        if (pa == 0) {
            return;
        }
        if (!page_is_image(pa)) {
            page_release(pa);
            return;
        }
        install(fault, slot, pa, false);
    }
}

static int fault_private_file(struct fault *fault, pte_t *slot) {
    struct vm_area *area = fault->area;
    uint64_t pa = area->file->ops->page(area->file, file_page_index(area, fault->page), false);
    if (pa == 0) {
        return no_page_in_file(fault);
    }
    if (!fault->write) {
        install(fault, slot, pa, false);
        if (page_is_image(pa)) {
            map_around(fault);
        }
        return 0;
    }
    uint64_t copy = page_alloc();
    if (copy != 0) {
        memcpy(pa_to_va(copy), pa_to_va(pa), PAGE_SIZE);
    }
    page_release(pa);
    if (copy == 0) {
        return out_of_memory(fault);
    }
    install(fault, slot, copy, true);
    return 0;
}

static int fault_shared(struct fault *fault, pte_t *slot) {
    struct vm_area *area = fault->area;
    uint64_t pa = area->file->ops->page(area->file, file_page_index(area, fault->page), true);
    if (pa == 0) {
        return no_page_in_file(fault);
    }
    install(fault, slot, pa, true);
    return 0;
}

static int fault_new(struct fault *fault, pte_t *slot) {
    if (fault->area->file == NULL) {
        return fault_anonymous(fault, slot);
    }
    return (fault->area->flags & VM_SHARED) != 0 ? fault_shared(fault, slot)
                                                 : fault_private_file(fault, slot);
}

static int fault_copy(struct fault *fault, pte_t *slot) {
    uint64_t pa = pte_pa(*slot);
    if (!pt_page_is_own(fault->area, pa)) {
        bool zero = pa == zero_page();
        uint64_t copy = zero ? page_alloc_zeroed() : page_alloc();
        if (copy == 0) {
            return out_of_memory(fault);
        }
        if (!zero) {
            memcpy(pa_to_va(copy), pa_to_va(pa), PAGE_SIZE);
        }
        if ((fault->area->prot & PROT_BIT_EXEC) != 0) {
            mmu_sync_icache((uint64_t)pa_to_va(copy), PAGE_SIZE);
        }
        page_release(pa);
        pa = copy;
    }
    *slot = pt_entry(pa, fault->area->prot, true);
    mmu_flush_page(fault->page);
    return 0;
}

// A stack grows down to the fault, if its limit and the guard gap below it allow.
static struct vm_area *grow_stack(struct address_space *space, uint64_t address) {
    struct vm_area *area = vm_find_next(space, address);
    if (area == NULL || (area->flags & VM_GROWSDOWN) == 0) {
        return NULL;
    }
    uint64_t start = PAGE_DOWN(address);
    const struct vm_area *below = area_before(space, area);
    uint64_t floor = below == NULL ? USER_START : below->end;
    if (below != NULL && below->prot != 0 && (below->flags & VM_GROWSDOWN) == 0) {
        floor += STACK_GUARD_GAP;
    }
    uint64_t added = area->start - start;
    if (start < floor || area->end - start > vm_limit(space, RLIMIT_STACK) ||
        vm_may_add(space, added, 0, 0) != 0) {
        return NULL;
    }
    area_resize(space, area, start, area->end);
    return area;
}

static bool access_is_allowed(const struct vm_area *area, int prot_bit) {
    // As pt_entry says: whatever may be written or executed may be read.
    return prot_bit == PROT_BIT_READ ? area->prot != 0 : (area->prot & prot_bit) != 0;
}

static int resolve(struct fault *fault) {
    pte_t *slot = vm_pte(fault->space, fault->page, true);
    if (slot == NULL) {
        return out_of_memory(fault);
    }
    if (!pte_present(*slot)) {
        return fault_new(fault, slot);
    }
    if (fault->write && !pte_writable(*slot)) {
        return fault_copy(fault, slot);
    }
    mmu_flush_page(fault->page);
    return 0;
}

int vm_fault(struct address_space *space, uint64_t address, int prot_bit, int *si_code) {
    struct fault fault = {.space = space,
                          .area = vm_find(space, address),
                          .page = PAGE_DOWN(address),
                          .write = prot_bit == PROT_BIT_WRITE};
    if (fault.area == NULL) {
        fault.area = grow_stack(space, address);
    }
    if (fault.area == NULL) {
        *si_code = SEGV_MAPERR;
        return SIGSEGV;
    }
    if (!access_is_allowed(fault.area, prot_bit)) {
        *si_code = SEGV_ACCERR;
        return SIGSEGV;
    }
    int signo = resolve(&fault);
    *si_code = fault.si_code;
    return signo;
}

int trap_page_fault(uint64_t address, int prot_bit, int *si_code) {
    struct thread *thread = thread_current();
    struct process *process = thread == NULL ? NULL : thread->process;
    if (process == NULL || process->space == NULL || address >= USER_END) {
        *si_code = SEGV_MAPERR;
        return SIGSEGV;
    }
    thread->faults++;
    int signo = vm_fault(process->space, address, prot_bit, si_code);
    if (signo == SIGKILL) {
        signal_raise(process, signo); // also when it was the kernel that touched the page
    }
    return signo;
}
