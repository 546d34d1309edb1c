// The PLIC: supervisor context of hart 0 (SiFive PLIC, as QEMU's hw/intc/sifive_plic.c has it). All
// lines have the same priority. A device interrupt that may not be handled yet stays pending in the
// PLIC with sie.SEIE off.
#include "machine.h"
#include "percpu.h"
#include "trap.h"

enum { LINE_COUNT = 96, CONTEXT = 1 };

#define PLIC_PRIORITY 0x0                     // one word per line
#define PLIC_ENABLE (0x2000 + CONTEXT * 0x80) // one bit per line
#define PLIC_THRESHOLD (0x200000 + CONTEXT * 0x1000)
#define PLIC_CLAIM (PLIC_THRESHOLD + 4)

static struct {
    irq_handler_fn handler;
    void *context;
} lines[LINE_COUNT];

static volatile uint32_t *plic(uint64_t offset) {
    return pa_to_va(PLIC_BASE + offset);
}

static void irq_unmask(void) {
    __asm__ volatile("csrs sie, %0" : : "r"(SIE_EXTERNAL) : "memory");
}

void irq_mask(void) {
    __asm__ volatile("csrc sie, %0" : : "r"(SIE_EXTERNAL) : "memory");
}

void irq_register(unsigned line, irq_handler_fn handler, void *context) {
    lines[line].handler = handler;
    lines[line].context = context;
    *plic(PLIC_PRIORITY + 4 * line) = 1;
    *plic(PLIC_ENABLE + 4 * (line / 32)) |= 1U << line % 32;
    *plic(PLIC_THRESHOLD) = 0;
    irq_unmask();
}

void irq_run_pending(void) {
    uint32_t line;
    while ((line = *plic(PLIC_CLAIM)) != 0) {
        if (line < LINE_COUNT && lines[line].handler != NULL) {
            lines[line].handler(lines[line].context);
        }
        *plic(PLIC_CLAIM) = line;
    }
    irq_unmask();
}
