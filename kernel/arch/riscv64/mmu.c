// Sv39. Three levels of 512 entries; any level may hold a leaf. No page has the U bit, the app runs
// in S-mode as the kernel does, and every leaf has A and D set from the start, so that no hart
// needs to update or trap.
//
// The kernel's half is complete after mmu_init() and never changes its top level: each address
// space copies it.
#include "arch.h"
#include "linker.h"
#include "page.h"
#include "report.h"
#include "string.h"

enum {
    PTE_VALID = 1 << 0,
    PTE_READ = 1 << 1,
    PTE_WRITE = 1 << 2,
    PTE_EXEC = 1 << 3,
    PTE_GLOBAL = 1 << 5,
    PTE_ACCESSED = 1 << 6,
    PTE_DIRTY = 1 << 7,
    PTE_NO_ACCESS = 1 << 8, // reserved for software: PROT_NONE keeps its page
    PTE_LEAF = PTE_READ | PTE_WRITE | PTE_EXEC,
    PTE_PPN_SHIFT = 10,
};

enum { TABLE_ENTRIES = 512, KERNEL_FIRST = TABLE_ENTRIES / 2, ENTRY_BITS = 9 };

#define MIB2 (1UL << (PAGE_SHIFT + ENTRY_BITS))
#define GIB (1UL << (PAGE_SHIFT + 2 * ENTRY_BITS))

#define KERNEL_RX (PTE_VALID | PTE_READ | PTE_EXEC | PTE_GLOBAL | PTE_ACCESSED)
#define KERNEL_R (PTE_VALID | PTE_READ | PTE_GLOBAL | PTE_ACCESSED)
#define KERNEL_RW (PTE_VALID | PTE_READ | PTE_WRITE | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY)

extern pte_t boot_root[TABLE_ENTRIES];

struct table {
    pte_t of[TABLE_ENTRIES];
} ALIGNED(PAGE_SIZE);

// The image is finely mapped in its first 2 MiB, where text and rodata are (kernel.ld sees to it).
// The last table is for the end of a RAM that is no whole number of GiB.
static struct table kernel_root, device_gib, image_gib, image_2mib, last_gib;

static uint64_t leaf_bits(int prot) {
    uint64_t bits = PTE_VALID | PTE_ACCESSED | PTE_DIRTY;
    if ((prot & (PROT_BIT_READ | PROT_BIT_WRITE)) != 0) {
        bits |= PTE_READ; // W without R is reserved
    }
    if ((prot & PROT_BIT_WRITE) != 0) {
        bits |= PTE_WRITE;
    }
    if ((prot & PROT_BIT_EXEC) != 0) {
        bits |= PTE_EXEC;
    }
    return bits;
}

static pte_t entry(uint64_t pa, uint64_t bits) {
    return (pa >> PAGE_SHIFT) << PTE_PPN_SHIFT | bits;
}

pte_t pte_make(uint64_t pa, int prot) {
    return entry(pa, prot == 0 ? PTE_NO_ACCESS : leaf_bits(prot));
}

pte_t pte_make_table(uint64_t pa) {
    return entry(pa, PTE_VALID);
}

bool pte_present(pte_t pte) {
    return (pte & (PTE_VALID | PTE_NO_ACCESS)) != 0;
}

bool pte_is_table(pte_t pte) {
    return (pte & (PTE_VALID | PTE_LEAF)) == PTE_VALID;
}

bool pte_writable(pte_t pte) {
    return (pte & PTE_WRITE) != 0;
}

uint64_t pte_pa(pte_t pte) {
    return (pte >> PTE_PPN_SHIFT) << PAGE_SHIFT;
}

bool pte_test_clear_accessed(UNUSED pte_t *pte) {
    return true;
}

uint64_t mmu_new_root(void) {
    uint64_t pa = page_alloc_zeroed();
    if (pa != 0) {
        pte_t *root = pa_to_va(pa);
        memcpy(root + KERNEL_FIRST, kernel_root.of + KERNEL_FIRST, KERNEL_FIRST * sizeof(pte_t));
    }
    return pa;
}

void mmu_use_root(uint64_t root_pa) {
    uint64_t satp = (uint64_t)SATP_SV39 << 60 | root_pa >> PAGE_SHIFT;
    __asm__ volatile("csrw satp, %0\n\tsfence.vma" : : "r"(satp) : "memory");
}

pte_t *mmu_root_table(uint64_t root_pa) {
    return pa_to_va(root_pa);
}

void mmu_flush_page(uint64_t va) {
    __asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
}

void mmu_flush_all(void) {
    __asm__ volatile("sfence.vma" : : : "memory");
}

// One hart, and fence.i orders all of its earlier stores: no need to go through the range.
void mmu_sync_icache(UNUSED uint64_t va, UNUSED uint64_t size_bytes) {
    __asm__ volatile("fence.i" : : : "memory");
}

// --- the kernel's half --------------------------------------------------------------------------

static void map_image(void) {
    for (uint64_t i = 0; i < TABLE_ENTRIES; i++) {
        uint64_t pa = KERNEL_BASE + i * PAGE_SIZE;
        const char *va = pa_to_va(pa);
        uint64_t bits = va < text_end ? KERNEL_RX : va < rodata_end ? KERNEL_R : KERNEL_RW;
        image_2mib.of[i] = entry(pa, bits);
    }
}

// RAM from the image's GiB on, in the largest pages that end with it.
static void map_ram(uint64_t ram_end_pa) {
    image_gib.of[0] = pte_make_table(va_to_pa(&image_2mib));
    for (uint64_t i = 1; i < TABLE_ENTRIES && KERNEL_BASE + i * MIB2 < ram_end_pa; i++) {
        image_gib.of[i] = entry(KERNEL_BASE + i * MIB2, KERNEL_RW);
    }
    pte_t *root = kernel_root.of + KERNEL_FIRST;
    root[KERNEL_BASE / GIB] = pte_make_table(va_to_pa(&image_gib));

    uint64_t pa = KERNEL_BASE + GIB;
    for (; pa + GIB <= ram_end_pa; pa += GIB) {
        root[pa / GIB] = entry(pa, KERNEL_RW);
    }
    if (pa >= ram_end_pa) {
        return;
    }
    root[pa / GIB] = pte_make_table(va_to_pa(&last_gib));
    for (uint64_t i = 0; pa + i * MIB2 < ram_end_pa; i++) {
        last_gib.of[i] = entry(pa + i * MIB2, KERNEL_RW);
    }
}

static void map_device(uint64_t pa, uint64_t size_bytes) {
    for (uint64_t i = pa / MIB2; i <= (pa + size_bytes - 1) / MIB2; i++) {
        device_gib.of[i] = entry(i * MIB2, KERNEL_RW);
    }
}

void mmu_init(uint64_t ram_end_pa) {
    // The top GiB, where the per-CPU and vector pages are, came with the boot tables.
    kernel_root.of[TABLE_ENTRIES - 1] = boot_root[TABLE_ENTRIES - 1];
    ASSERT(ram_end_pa <= (KERNEL_FIRST - 1) * GIB);

    map_image();
    map_ram(ram_end_pa);
    map_device(TEST_BASE, RTC_BASE + PAGE_SIZE - TEST_BASE);
    map_device(PLIC_BASE, PLIC_SIZE);
    map_device(UART_BASE, VIRTIO_BASE + VIRTIO_COUNT * VIRTIO_STRIDE - UART_BASE);
    kernel_root.of[KERNEL_FIRST] = pte_make_table(va_to_pa(&device_gib));
    mmu_use_root(va_to_pa(&kernel_root));
}
