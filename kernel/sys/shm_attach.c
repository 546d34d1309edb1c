// shmat(2), shmdt(2). fork(2) copies areas, and with them what is attached.
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/mman.h>

#include "clock.h"
#include "file.h"
#include "heap.h"
#include "shm.h"
#include "syscall.h"
#include "thread.h"
#include "vm.h"

#define SHMLBA PAGE_SIZE // shmat(2): what an address is a multiple of

enum { READ_PERMISSION = 0444, WRITE_PERMISSION = 0222, EXECUTE_PERMISSION = 0111 };

static uint64_t attached_page(struct file *file, uint64_t index, bool write) {
    const struct shm_attachment *attachment = file->private;
    struct file *memory = attachment->segment->memory;
    return memory->ops->page(memory, index, write);
}

static void note_use(struct shm_segment *segment, long *time) {
    *time = (long)(clock_realtime_ns() / NSEC_PER_SEC);
    segment->ds.shm_lpid = process_current()->pid;
}

static void detach(struct file *file) {
    struct shm_attachment *attachment = file->private;
    struct shm_segment *segment = attachment->segment;
    list_remove(&attachment->node);
    heap_free(attachment);
    note_use(segment, &segment->ds.shm_dtime);
    shm_free_if_unused(segment);
}

static const struct file_ops attached_ops = {.page = attached_page, .release = detach};

// One reference, or NULL.
static struct file *attach(struct shm_segment *segment, int flags) {
    struct shm_attachment *attachment = heap_alloc(sizeof(*attachment));
    if (attachment == NULL) {
        return NULL;
    }
    uint32_t access = (flags & SHM_RDONLY) != 0 ? O_RDONLY : O_RDWR;
    attachment->segment = segment;
    attachment->file = file_new(&attached_ops, access, attachment);
    if (attachment->file == NULL) {
        heap_free(attachment);
        return NULL;
    }
    list_push_back(&segment->attachments, &attachment->node);
    return attachment->file;
}

// Where it is to lie: 0: anywhere.
static int check_address(uint64_t *address, int flags) {
    if (*address == 0) {
        return (flags & SHM_REMAP) != 0 ? -EINVAL : 0;
    }
    if ((*address & (SHMLBA - 1)) == 0) {
        return 0;
    }
    if ((flags & SHM_RND) == 0) {
        return -EINVAL;
    }
    *address &= ~(uint64_t)(SHMLBA - 1);
    return *address == 0 && (flags & SHM_REMAP) != 0 ? -EINVAL : 0;
}

static unsigned needed_permission(int flags) {
    unsigned access = (flags & SHM_RDONLY) != 0 ? 0 : WRITE_PERMISSION;
    return READ_PERMISSION | access | ((flags & SHM_EXEC) != 0 ? EXECUTE_PERMISSION : 0);
}

static long map(struct shm_segment *segment, uint64_t address, int flags) {
    int prot = PROT_READ | ((flags & SHM_RDONLY) != 0 ? 0 : PROT_WRITE) |
               ((flags & SHM_EXEC) != 0 ? PROT_EXEC : 0);
    struct file *file = attach(segment, flags);
    if (file == NULL) {
        return -ENOMEM;
    }
    bool replace = (flags & SHM_REMAP) != 0;
    const struct vm_request request = {.address = address,
                                       .size_bytes = segment->ds.shm_segsz,
                                       .prot = prot,
                                       .flags = VM_SHARED,
                                       .fixed = address != 0,
                                       .no_replace = address != 0 && !replace,
                                       .file = file,
                                       .name = segment->name};
    long result = vm_map(process_current()->space, &request);
    if (result >= 0) {
        note_use(segment, &segment->ds.shm_atime);
    }
    file_release(file);
    return result == -EEXIST ? -EINVAL : result;
}

SYSCALL(shmat)(int id, const void __user *wanted, int flags) {
    uint64_t address = (uintptr_t)wanted;
    int error = id < 0 ? -EINVAL : check_address(&address, flags);
    if (error != 0) {
        return error;
    }
    struct shm_segment *segment = shm_find(id);
    if (segment == NULL) {
        return -EINVAL;
    }
    error = shm_permission(segment, needed_permission(flags));
    return error != 0 ? error : map(segment, address, flags);
}

// The first area that shows a segment's page where it would lie if the segment began at `address`.
static struct vm_area *find_attached(struct address_space *space, uint64_t address) {
    struct vm_area *area = vm_find_next(space, address);
    while (area != NULL && (area->file == NULL || area->file->ops != &attached_ops ||
                            area->start - address != area->file_offset)) {
        area = vm_find_next(space, area->end);
    }
    return area;
}

static void unmap_all(struct address_space *space, uint64_t address, uint64_t end,
                      const struct file *file) {
    for (uint64_t at = address; at < end;) {
        const struct vm_area *area = vm_find_next(space, at);
        if (area == NULL || area->start >= end) {
            return;
        }
        at = area->end;
        if (area->file == file && area->start - address == area->file_offset) {
            vm_unmap(space, area->start, area->end - area->start);
        }
    }
}

// Takes away what is left of it, when pieces were unmapped or given to something else.
SYSCALL(shmdt)(const void __user *pointer) {
    uint64_t address = (uintptr_t)pointer;
    struct address_space *space = process_current()->space;
    const struct vm_area *area = (address & ~PAGE_MASK) == 0 ? find_attached(space, address) : NULL;
    if (area == NULL) {
        return -EINVAL;
    }
    struct file *file = area->file;
    const struct shm_attachment *attachment = file->private;
    uint64_t size = PAGE_UP(attachment->segment->ds.shm_segsz);
    file_hold(file);
    unmap_all(space, address, address + size, file);
    file_release(file);
    return 0;
}
