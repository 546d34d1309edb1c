// Boot, as a list. Behind boot.S: MMU on with early tables, the boot stack, interrupts off.
#include "arch.h"
#include "boot.h"
#include "clock.h"
#include "exec.h"
#include "image.h"
#include "page.h"
#include "report.h"
#include "set.h"
#include "thread.h"

static void run_initcalls(void) {
    SET_FOR_EACH (init, init, initcall_fn) {
        (*init)();
    }
}

static uint64_t image_end_pa(void) {
    return PAGE_UP(va_to_pa(image_blob) + image_blob->size_bytes);
}

void kernel_main(uint64_t fdt_pa) {
    fdt_read(pa_to_va(fdt_pa)); // from here on boot_info holds, and the device tree may go
    if (image_blob->magic != IMAGE_MAGIC || image_end_pa() >= boot_info.ram_end_pa) {
        panic("no image behind the kernel, or no memory behind the image (%lx, RAM ends at %lx)",
              image_end_pa(), boot_info.ram_end_pa);
    }
    page_init(boot_info.ram_start_pa, image_end_pa(), boot_info.ram_end_pa);
    mmu_init(boot_info.ram_end_pa); // ... every kernel page has only the permissions that it needs
    thread_init();                  // ... there is a current thread, this one, later the idle one
    clock_init(image_blob->realtime_ns); // ... time passes, timers may be set
    run_initcalls();                     // ... whatever is linked has started
    exec_first_process();                // ... process 1 waits for the CPU
    thread_idle();
}
