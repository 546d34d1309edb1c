// The VMSAv8-64 tables: 39-bit addresses, 4 KiB granule, three levels of 512 entries. TTBR0 is the
// app's half, TTBR1 the kernel's, so a new root is an empty page. No page is EL0's; every leaf has
// the access flag from the start.
#include "arch.h"
#include "image.h"
#include "linker.h"
#include "page.h"
#include "report.h"

#define PTE_PXN (1UL << PTE_PXN_BIT)
#define PTE_UXN (1UL << PTE_UXN_BIT)
#define PTE_NO_ACCESS (1UL << 55) // reserved for software: PROT_NONE keeps its page
#define PTE_ADDRESS 0x0000fffffffff000UL
#define PTE_LEAF (PTE_VALID | PTE_ACCESSED | PTE_SHAREABLE | PTE_UXN)
#define PTE_PAGE (PTE_VALID | PTE_TABLE_OR_PAGE)

enum { TABLE_ENTRIES = 512, ENTRY_BITS = 9 };

#define MIB2 (1UL << (PAGE_SHIFT + ENTRY_BITS))
#define GIB (1UL << (PAGE_SHIFT + 2 * ENTRY_BITS))

#define KERNEL_RX (PTE_LEAF | PTE_READ_ONLY)
#define KERNEL_R (PTE_LEAF | PTE_READ_ONLY | PTE_PXN)
#define KERNEL_RW (PTE_LEAF | PTE_PXN)
#define DEVICE_RW (KERNEL_RW | PTE_DEVICE)

extern pte_t boot_root[TABLE_ENTRIES];

struct table {
    pte_t of[TABLE_ENTRIES];
} ALIGNED(PAGE_SIZE);

// The pool serves the GiB of the devices, of the image, of its end and of RAM's end, and for each
// border that is not on a multiple of 2 MiB one table more: device registers, image, blob's end,
// RAM's end.
enum { POOL_TABLES = 10 };

static struct table kernel_root, empty_root, pool[POOL_TABLES];
static size_t pool_used;

pte_t pte_make(uint64_t pa, int prot) {
    pte_t pte = pa | PTE_LEAF | PTE_PAGE | PTE_NOT_GLOBAL;
    if (prot == 0) {
        return (pte | PTE_NO_ACCESS) & ~(pte_t)PTE_VALID;
    }
    if ((prot & PROT_BIT_WRITE) == 0) {
        pte |= PTE_READ_ONLY;
    }
    if ((prot & PROT_BIT_EXEC) == 0) {
        pte |= PTE_PXN;
    }
    return pte;
}

pte_t pte_make_table(uint64_t pa) {
    return pa | PTE_PAGE;
}

bool pte_present(pte_t pte) {
    return (pte & (PTE_VALID | PTE_NO_ACCESS)) != 0;
}

// A page's entry looks like a table's, but the table of level 0 holds pages only, and all have the
// access flag.
bool pte_is_table(pte_t pte) {
    return (pte & (PTE_PAGE | PTE_ACCESSED)) == PTE_PAGE;
}

bool pte_writable(pte_t pte) {
    return (pte & (PTE_VALID | PTE_READ_ONLY)) == PTE_VALID;
}

uint64_t pte_pa(pte_t pte) {
    return pte & PTE_ADDRESS;
}

bool pte_test_clear_accessed(UNUSED pte_t *pte) {
    return true;
}

uint64_t mmu_new_root(void) {
    return page_alloc_zeroed();
}

void mmu_use_root(uint64_t root_pa) {
    __asm__ volatile("dsb ishst\n\tmsr ttbr0_el1, %0\n\tisb" : : "r"(root_pa) : "memory");
    mmu_flush_all();
}

pte_t *mmu_root_table(uint64_t root_pa) {
    return pa_to_va(root_pa);
}

void mmu_flush_page(uint64_t va) {
    uint64_t page = va << 8 >> (PAGE_SHIFT + 8); // bits 55..12; the ASID is 0
    __asm__ volatile("dsb ishst\n\ttlbi vaae1, %0\n\tdsb nsh\n\tisb" : : "r"(page) : "memory");
}

void mmu_flush_all(void) {
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
}

// Cleans the data cache to the point of unification line by line, then drops all instructions.
void mmu_sync_icache(uint64_t va, uint64_t size_bytes) {
    uint64_t cache_type;
    __asm__("mrs %0, ctr_el0" : "=r"(cache_type));
    uint64_t line = 4UL << (cache_type >> 16 & 0xf);
    for (uint64_t at = va & ~(line - 1); at < va + size_bytes; at += line) {
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : : "memory");
}

// --- the kernel's half
// ------------------------------------------------------------------------------

static uint64_t new_table(void) {
    ASSERT(pool_used < POOL_TABLES);
    return va_to_pa(&pool[pool_used++]);
}

static pte_t *table_below(pte_t *entry) {
    if (!pte_present(*entry)) {
        *entry = pte_make_table(new_table());
    }
    return pa_to_va(pte_pa(*entry));
}

static uint64_t index_of(uint64_t pa, uint64_t entry_size) {
    return pa / entry_size % TABLE_ENTRIES;
}

static bool fits(uint64_t pa, uint64_t end_pa, uint64_t entry_size) {
    return pa % entry_size == 0 && end_pa - pa >= entry_size;
}

// Maps physical addresses at DIRECT_MAP + pa, in the largest entries that fit.
static void map(uint64_t pa, uint64_t end_pa, uint64_t bits) {
    while (pa < end_pa) {
        pte_t *gib = &kernel_root.of[DIRECT_MAP_ROOT_INDEX + pa / GIB];
        if (fits(pa, end_pa, GIB)) {
            *gib = pa | bits;
            pa += GIB;
            continue;
        }
        pte_t *mib2 = &table_below(gib)[index_of(pa, MIB2)];
        if (fits(pa, end_pa, MIB2)) {
            *mib2 = pa | bits;
            pa += MIB2;
            continue;
        }
        pte_t *pages = table_below(mib2);
        do {
            pages[index_of(pa, PAGE_SIZE)] = pa | bits | PTE_PAGE;
            pa += PAGE_SIZE;
        } while (pa < end_pa && pa % MIB2 != 0);
    }
}

static uint64_t map_image(void) {
    uint64_t text = va_to_pa(text_start), rodata = va_to_pa(rodata_start);
    uint64_t data = va_to_pa(data_start), blob = va_to_pa(image_blob);
    uint64_t blob_end = blob + (image_blob->magic == IMAGE_MAGIC ? image_blob->size_bytes : 0);
    map(RAM_BASE, text, KERNEL_RW);
    map(text, va_to_pa(text_end), KERNEL_RX);
    map(rodata, va_to_pa(rodata_end), KERNEL_R);
    map(data, blob, KERNEL_RW);
    map(blob, blob_end, KERNEL_R);
    return blob_end;
}

void mmu_init(uint64_t ram_end_pa) {
    // The top GiB, where the per-CPU and vector pages are, came with the boot tables.
    kernel_root.of[TABLE_ENTRIES - 1] = boot_root[TABLE_ENTRIES - 1];
    ASSERT(ram_end_pa <= (TABLE_ENTRIES - 1 - DIRECT_MAP_ROOT_INDEX) * GIB);

    map(GIC_DISTRIBUTOR_BASE, GIC_DISTRIBUTOR_BASE + MIB2, DEVICE_RW);
    map(UART_BASE, UART_BASE + MIB2, DEVICE_RW); // and the RTC
    map(VIRTIO_BASE, VIRTIO_BASE + MIB2, DEVICE_RW);
    map(map_image(), ram_end_pa, KERNEL_RW);
    __asm__ volatile("dsb ishst\n\tmsr ttbr1_el1, %0\n\tisb"
                     :
                     : "r"(va_to_pa(&kernel_root))
                     : "memory");
    mmu_use_root(va_to_pa(&empty_root));
}
