// A fault of a copy from or to the app (usercopy.S): the page comes in, or the copy ends early. So
// does the access to a futex word that is not aligned, which the atomic instructions refuse.
#include "arch.h"
#include "layout.h"

// Where a fault between start and end goes on: at the foot of usercopy.S.
extern const struct fixup { uint64_t start, end, target; } usercopy_fixups[], usercopy_fixups_end[];

static const struct fixup *fixup_of(uint64_t pc) {
    for (const struct fixup *fixup = usercopy_fixups; fixup < usercopy_fixups_end; fixup++) {
        if (pc >= fixup->start && pc < fixup->end) {
            return fixup;
        }
    }
    return NULL;
}

bool trap_usercopy_fault(struct regs *regs, uint64_t address, int access) {
    const struct fixup *fixup = fixup_of(regs_pc(regs));
    if (address >= USER_END || fixup == NULL) {
        return false;
    }
    int si_code;
    irq_restore(regs_irq_flags(regs));
    bool present = access != 0 && trap_page_fault(address, access, &si_code) == 0;
    irq_disable();
    if (!present) {
        regs_set_pc(regs, fixup->target);
    }
    return true;
}
