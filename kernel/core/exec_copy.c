// Writing into an address space that is not the running one: the loader fills a program's stack and
// clears its bss tail before the program's tables have ever been switched to. So the bytes go
// through the pages' kernel addresses, after the page was made private as a write fault would.
#include <asm/errno.h>

#include "arch.h"
#include "elf.h"
#include "string.h"
#include "vm.h"

static char *writable_page(struct address_space *space, uint64_t address) {
    int si_code;
    if (vm_fault(space, address, PROT_BIT_WRITE, &si_code) != 0) {
        return NULL;
    }
    uint64_t *pte = vm_pte(space, PAGE_DOWN(address), false);
    return pte == NULL ? NULL : pa_to_va(pte_pa(*pte));
}

static int fill(struct address_space *space, uint64_t to, const char *from, size_t size_bytes) {
    while (size_bytes > 0) {
        char *page = writable_page(space, to);
        if (page == NULL) {
            return -EFAULT;
        }
        size_t offset = to & ~PAGE_MASK;
        size_t part = MIN(size_bytes, PAGE_SIZE - offset);
        if (from == NULL) {
            memset(page + offset, 0, part);
        } else {
            memcpy(page + offset, from, part);
            from += part;
        }
        to += part;
        size_bytes -= part;
    }
    return 0;
}

int exec_copy_out(struct address_space *space, uint64_t to, const void *from, size_t size_bytes) {
    return fill(space, to, from, size_bytes);
}

int exec_zero(struct address_space *space, uint64_t start, size_t size_bytes) {
    return fill(space, start, NULL, size_bytes);
}
