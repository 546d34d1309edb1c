// The vDSO in a process: its data page and behind it its code, in the mmap area (vdso_data.h). In
// an image only when something that it serves is (exec.h: NEEDS_VDSO). All processes share the
// pages, which never go.
#include <asm/errno.h>
#include <linux/mman.h>

#include "arch.h"
#include "clock.h"
#include "exec.h"
#include "page.h"
#include "vdso_data.h"
#include "vm.h"

extern const char vdso_start[], vdso_end[]; // arch/<arch>/vdso.S

enum { CODE_PAGES_MAX = 4 };

static volatile struct vdso_data *data; // NULL until a process needs it

static void vdso_update(void) {
    if (data == NULL) {
        return;
    }
    data->sequence = data->sequence + 1; // odd: a reader waits
    __atomic_thread_fence(__ATOMIC_RELEASE);
    data->resolution_ns = 1;
    data->multiplier = clock_multiplier();
    data->realtime_offset_ns = clock_realtime_offset_ns();
    __atomic_thread_fence(__ATOMIC_RELEASE);
    data->sequence = data->sequence + 1;
}
CLOCK_CHANGE_HOOK(5, vdso_update);

static int make_data(void) {
    if (data != NULL) {
        return 0;
    }
    uint64_t pa = page_alloc_zeroed();
    if (pa == 0) {
        return -ENOMEM;
    }
    data = pa_to_va(pa);
    vdso_update();
    return 0;
}

int vdso_map(struct address_space *space) {
    if (space->vdso_base != 0) {
        return 0;
    }
    size_t code_pages = (size_t)(vdso_end - vdso_start) / PAGE_SIZE;
    uint64_t data_pa, code_pas[CODE_PAGES_MAX];
    int error = code_pages <= CODE_PAGES_MAX ? make_data() : -ENOMEM;
    int64_t room =
        error != 0 ? error : exec_find_room(space, (VDSO_DATA_PAGES + code_pages) * PAGE_SIZE);
    if (room < 0) {
        return (int)room;
    }
    data_pa = va_to_pa((const void *)data);
    for (size_t i = 0; i < code_pages; i++) {
        code_pas[i] = va_to_pa(vdso_start) + i * PAGE_SIZE;
    }
    uint64_t code = (uint64_t)room + VDSO_DATA_PAGES * PAGE_SIZE;
    error = vm_map_pages(space, (uint64_t)room, &data_pa, VDSO_DATA_PAGES, PROT_READ, 0, "[vvar]");
    if (error == 0) {
        error = vm_map_pages(space, code, code_pas, code_pages, PROT_READ | PROT_EXEC, 0, "[vdso]");
    }
    if (error == 0) {
        space->vdso_base = code;
    }
    return error;
}
