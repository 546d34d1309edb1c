// The GICv2. The timer has a better priority than all devices, so that one write to the CPU
// interface's priority mask holds back every device and not the timer. A held-back line stays
// pending; nothing is acknowledged but in irq_run_pending(). The timer's line is level-triggered
// and goes away with the timer's condition: it is never acknowledged at all.
#include "machine.h"
#include "percpu.h"
#include "trap.h"

enum { LINE_COUNT = 256, NONE_PENDING = 1020, ID_MASK = 0x3ff };
enum { PRIORITY_TIMER = 0x40, PRIORITY_DEVICE = 0xa0, MASK_NOTHING = 0xf0, MASK_DEVICES = 0x80 };

// Arm IHI 0048, chapter 4. Bits, then bytes, one per interrupt.
enum distributor {
    GICD_CTLR = 0x0,
    GICD_ISENABLER = 0x100,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800
};
enum cpu_interface {
    GICC_CTLR = 0x0,
    GICC_PMR = 0x4,
    GICC_IAR = 0xc,
    GICC_EOIR = 0x10,
    GICC_HPPIR = 0x18
};

static struct {
    irq_handler_fn handler;
    void *context;
} lines[LINE_COUNT];

static volatile uint32_t *gicc(enum cpu_interface offset) {
    return pa_to_va(GIC_CPU_BASE + offset);
}

static volatile uint32_t *gicd_word(uint64_t offset) {
    return pa_to_va(GIC_DISTRIBUTOR_BASE + offset);
}

static volatile uint8_t *gicd_byte(uint64_t offset) {
    return pa_to_va(GIC_DISTRIBUTOR_BASE + offset);
}

static void enable_interrupt(unsigned id, uint8_t priority) {
    *gicd_byte(GICD_IPRIORITYR + id) = priority;
    *gicd_byte(GICD_ITARGETSR + id) = 1;
    *gicd_word(GICD_ISENABLER + id / 32 * 4) = 1U << id % 32;
}

void irq_init(void) {
    enable_interrupt(GIC_TIMER, PRIORITY_TIMER);
    *gicd_word(GICD_CTLR) = 1;
    *gicc(GICC_PMR) = MASK_NOTHING;
    *gicc(GICC_CTLR) = 1;
}

bool irq_is_timer(void) {
    return (*gicc(GICC_HPPIR) & ID_MASK) == GIC_TIMER;
}

void irq_mask(void) {
    *gicc(GICC_PMR) = MASK_DEVICES;
}

void irq_register(unsigned line, irq_handler_fn handler, void *context) {
    lines[line].handler = handler;
    lines[line].context = context;
    enable_interrupt(GIC_FIRST_SHARED + line, PRIORITY_DEVICE);
}

// With interrupts off: unmasked, a line would be noted again before it is acknowledged.
void irq_run_pending(void) {
    uint64_t flags = irq_save();
    *gicc(GICC_PMR) = MASK_NOTHING;
    uint32_t pending;
    while ((*gicc(GICC_HPPIR) & ID_MASK) != GIC_TIMER &&
           ((pending = *gicc(GICC_IAR)) & ID_MASK) < NONE_PENDING) {
        uint32_t line = (pending & ID_MASK) - GIC_FIRST_SHARED;
        if (line < LINE_COUNT && lines[line].handler != NULL) {
            lines[line].handler(lines[line].context);
        }
        *gicc(GICC_EOIR) = pending;
    }
    irq_restore(flags);
}
