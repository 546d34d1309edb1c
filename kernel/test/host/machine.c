// A machine in software: tables of 512 entries, and a TLB that keeps what it has seen until it is
// told to forget, so that a missing flush shows as a wrong value.

#include <stdlib.h>

#include "arch.h"
#include "heap.h"
#include "host_test.h"
#include "layout.h"
#include "page.h"
#include "random.h"
#include "string.h"
#include "thread.h"

enum { ENTRY_PROT = 7, ENTRY_PRESENT = 8, ENTRY_TABLE = 16, TLB_SIZE = 1024 };

struct tlb_entry {
    uint64_t page, pa;
    int prot;
    bool valid;
};

char *host_ram;
struct percpu host_percpu;
static struct process process;
static struct thread thread = {.process = &process};

void signal_raise(UNUSED struct process *killed, UNUSED int signo) {
}
static struct tlb_entry tlb[TLB_SIZE];
static uint64_t root;
static size_t idle_pages;

pte_t pte_make(uint64_t pa, int prot) {
    return pa | ENTRY_PRESENT | (uint64_t)prot;
}

pte_t pte_make_table(uint64_t pa) {
    return pa | ENTRY_PRESENT | ENTRY_TABLE;
}

bool pte_present(pte_t pte) {
    return (pte & ENTRY_PRESENT) != 0;
}

bool pte_writable(pte_t pte) {
    return (pte & PROT_BIT_WRITE) != 0;
}

uint64_t pte_pa(pte_t pte) {
    return pte & PAGE_MASK;
}

uint64_t mmu_new_root(void) {
    return page_alloc_zeroed();
}

void mmu_use_root(uint64_t root_pa) {
    root = root_pa;
    mmu_flush_all();
}

pte_t *mmu_root_table(uint64_t root_pa) {
    return pa_to_va(root_pa);
}

static struct tlb_entry *tlb_slot(uint64_t va) {
    return &tlb[(va >> PAGE_SHIFT) % TLB_SIZE];
}

void mmu_flush_page(uint64_t va) {
    if (tlb_slot(va)->page == PAGE_DOWN(va)) {
        tlb_slot(va)->valid = false;
    }
}

void mmu_flush_all(void) {
    memset(tlb, 0, sizeof(tlb));
}

void mmu_sync_icache(UNUSED uint64_t va, UNUSED uint64_t size_bytes) {
}

// The walk that hardware does, on its own so that it checks the kernel's.
static bool tlb_fill(uint64_t va) {
    uint64_t entry = root | ENTRY_PRESENT;
    for (int shift = 30; shift >= PAGE_SHIFT; shift -= 9) {
        const uint64_t *table = pa_to_va(entry & PAGE_MASK);
        entry = table[(va >> shift) & 511];
        if ((entry & ENTRY_PRESENT) == 0) {
            return false;
        }
    }
    *tlb_slot(va) = (struct tlb_entry){PAGE_DOWN(va), entry & PAGE_MASK, entry & ENTRY_PROT, true};
    return true;
}

static uint64_t *translate(uint64_t va, int prot_bit) {
    struct tlb_entry *slot = tlb_slot(va);
    if ((!slot->valid || slot->page != PAGE_DOWN(va)) && !tlb_fill(va)) {
        return NULL;
    }
    bool allowed = (slot->prot & prot_bit) != 0;
    return allowed ? (uint64_t *)((char *)pa_to_va(slot->pa) + (va & ~PAGE_MASK)) : NULL;
}

static int access_word(uint64_t va, int prot_bit, uint64_t **word, int *si_code) {
    enum { TRIES = 4 };
    for (int i = 0; i < TRIES; i++) {
        *word = translate(va, prot_bit);
        if (*word != NULL) {
            return 0;
        }
        int signo = trap_page_fault(va, prot_bit, si_code);
        if (signo != 0) {
            return signo;
        }
    }
    host_fail(__FILE__, __LINE__, "faults at the same address", TRIES, 0);
}

int host_load(uint64_t address, uint64_t *value, int *si_code) {
    uint64_t *word;
    int signo = access_word(address, PROT_BIT_READ, &word, si_code);
    *value = signo == 0 ? *word : 0;
    return signo;
}

int host_store(uint64_t address, uint64_t value, int *si_code) {
    uint64_t *word;
    int signo = access_word(address, PROT_BIT_WRITE, &word, si_code);
    if (signo == 0) {
        *word = value;
    }
    return signo;
}

int host_fetch(uint64_t address, int *si_code) {
    uint64_t *word;
    return access_word(address, PROT_BIT_EXEC, &word, si_code);
}

// Byte by byte, so that a copy stops exactly where the fault is.
static size_t copy(char *kernel, uint64_t user, size_t size_bytes, int prot_bit) {
    for (size_t done = 0; done < size_bytes; done++) {
        uint64_t *word;
        int si_code;
        if (access_word((user + done) & ~7UL, prot_bit, &word, &si_code) != 0) {
            return size_bytes - done;
        }
        char *byte = (char *)word + ((user + done) & 7);
        if (prot_bit == PROT_BIT_WRITE) {
            *byte = kernel == NULL ? 0 : kernel[done];
        } else {
            kernel[done] = *byte;
        }
    }
    return 0;
}

size_t arch_copy_from_user(void *to, uint64_t from, size_t size_bytes) {
    return copy(to, from, size_bytes, PROT_BIT_READ);
}

size_t arch_copy_to_user(uint64_t to, const void *from, size_t size_bytes) {
    return copy((char *)from, to, size_bytes, PROT_BIT_WRITE);
}

size_t arch_clear_user(uint64_t to, size_t size_bytes) {
    return copy(NULL, to, size_bytes, PROT_BIT_WRITE);
}

ssize_t arch_strncpy_from_user(char *to, uint64_t from, size_t max) {
    for (size_t length = 0; length < max; length++) {
        if (copy(to + length, from + length, 1, PROT_BIT_READ) != 0) {
            return -14; // EFAULT
        }
        if (to[length] == '\0') {
            return (ssize_t)length;
        }
    }
    return (ssize_t)max;
}

void host_use(struct address_space *space) {
    process.space = space;
    mmu_use_root(space->root_pa);
}

struct address_space *host_space(void) {
    return process.space;
}

size_t host_used_pages(void) {
    return page_total_count() - page_free_count() - idle_pages;
}

void host_boot(size_t page_count, size_t image_pages) {
    size_t size = page_count << PAGE_SHIFT;
    host_ram = aligned_alloc(PAGE_SIZE, size);
    // RAM holds anything at reset.
    memset(host_ram, 0xa5, size);
    page_init(HOST_RAM_PA, HOST_RAM_PA + (image_pages << PAGE_SHIFT), HOST_RAM_PA + size);
    for (size_t i = 0; i < RLIMIT_COUNT; i++) {
        process.limits[i] = (struct rlimit_k){UINT64_MAX, UINT64_MAX};
    }
    host_percpu.current = &thread;
    list_init(&process.threads);
    host_use(vm_new());
}
