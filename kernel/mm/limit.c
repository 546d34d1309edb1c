// What an address space may still take: resource limits, the number of areas, and requests beyond
// all hope.

#include <linux/errno.h>
#include <linux/resource.h>

#include "area.h"
#include "page.h"
#include "thread.h"

// Linux's heuristic overcommit refuses one request that exceeds all of memory. Machines here are
// small, and runtimes map arenas of 64 MiB and more that they never fill: below this size every
// request may be tried.
#define COMMIT_FLOOR (1UL << 30)

uint64_t vm_limit(const struct address_space *space, int resource) {
    const struct thread *thread = thread_current();
    if (thread == NULL || thread->process == NULL || thread->process->space != space) {
        return UINT64_MAX;
    }
    return thread->process->limits[resource].current;
}

int vm_may_commit(uint64_t size_bytes, int prot, uint32_t flags) {
    if (!area_is_data(prot, flags) || (flags & VM_NORESERVE) != 0) {
        return 0;
    }
    return size_bytes > MAX(COMMIT_FLOOR, page_total_count() << PAGE_SHIFT) ? -ENOMEM : 0;
}

int vm_may_add(const struct address_space *space, uint64_t size_bytes, int prot, uint32_t flags) {
    if (space->area_count >= VM_AREA_MAX) {
        return -ENOMEM;
    }
    uint64_t mapped = (space->mapped_pages << PAGE_SHIFT) + size_bytes;
    if (mapped > vm_limit(space, RLIMIT_AS)) {
        return -ENOMEM;
    }
    uint64_t data = (space->data_pages << PAGE_SHIFT) + size_bytes;
    if (area_is_data(prot, flags) && data > vm_limit(space, RLIMIT_DATA)) {
        return -ENOMEM;
    }
    return 0;
}
