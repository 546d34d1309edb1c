// brk, mmap, munmap, mprotect: man pages brk(2), mmap(2), mprotect(2), and the order of Linux's own
// checks where more than one error applies.

#include <asm/fcntl.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "file.h"
#include "layout.h"
#include "memory.h"
#include "syscall.h"
#include "thread.h"
#include "vm.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define MAP_KNOWN                                                                                  \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE |       \
     MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |          \
     MAP_FIXED_NOREPLACE)

SYSCALL(brk)(unsigned long end) {
    return (long)vm_brk(process_current()->space, end);
}

static uint32_t area_flags(unsigned long flags) {
    uint32_t result = 0;
    result |= (flags & MAP_GROWSDOWN) != 0 ? VM_GROWSDOWN : 0;
    result |= (flags & MAP_NORESERVE) != 0 ? VM_NORESERVE : 0;
    result |= (flags & MAP_LOCKED) != 0 ? VM_LOCKED : 0;
    return result;
}

static int check_file(const struct file *file, unsigned long prot, unsigned long flags) {
    unsigned long type = flags & MAP_TYPE;
    uint32_t access = file->flags & O_ACCMODE;
    if (type == MAP_SHARED_VALIDATE && (flags & ~(unsigned long)MAP_KNOWN) != 0) {
        return -EOPNOTSUPP;
    }
    if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) {
        return -EINVAL;
    }
    if (type != MAP_PRIVATE && (prot & PROT_WRITE) != 0 && access != O_RDWR) {
        return -EACCES;
    }
    if (access == O_WRONLY) {
        return -EACCES;
    }
    if (file->ops->page == NULL) {
        return -ENODEV;
    }
    return (flags & (MAP_GROWSDOWN | MAP_HUGETLB)) != 0 ? -EINVAL : 0;
}

static int check_anonymous(unsigned long flags) {
    unsigned long type = flags & MAP_TYPE;
    if (type != MAP_SHARED && type != MAP_PRIVATE) {
        return -EINVAL;
    }
    if (type == MAP_SHARED && (flags & MAP_GROWSDOWN) != 0) {
        return -EINVAL;
    }
    return (flags & MAP_HUGETLB) != 0 ? -ENOMEM : 0; // no huge pages are set aside
}

// The checks that come before the kind of mapping is looked at.
static int check_request(unsigned long address, unsigned long length, unsigned long flags,
                         unsigned long offset) {
    unsigned long size = PAGE_UP(length);
    if (length == 0) {
        return -EINVAL;
    }
    if (size == 0 || size > USER_END) {
        return -ENOMEM;
    }
    if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0 && address > USER_END - size) {
        return -ENOMEM;
    }
    if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0 && (address & ~PAGE_MASK) != 0) {
        return -EINVAL;
    }
    if (offset + size < offset) {
        return -EOVERFLOW;
    }
    return (flags & MAP_LOCKED) != 0 ? memory_may_lock(process_current(), size, -EAGAIN) : 0;
}

static long map(const struct vm_request *request, unsigned long flags) {
    struct address_space *space = process_current()->space;
    int64_t address = vm_map(space, request);
    bool lock = ((request->flags | space->default_flags) & VM_LOCKED) != 0;
    bool populate = (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
    if (address >= 0 && (lock || populate)) {
        (void)vm_populate(space, (uint64_t)address,
                          request->size_bytes); // mmap(2): its failure is not ours
    }
    return address;
}

static long map_file(struct vm_request *request, unsigned long fd, unsigned long flags) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    long result = (file->flags & O_PATH) != 0 ? -EBADF : 0;
    if (result == 0) {
        result = check_request(request->address, request->size_bytes, flags, request->file_offset);
    }
    if (result == 0) {
        result = check_file(file, (unsigned long)request->prot, flags);
    }
    if (result == 0) {
        request->file = file;
        result = map(request, flags);
    }
    file_release(file);
    return result;
}

static long map_anonymous(struct vm_request *request, unsigned long flags) {
    int error = check_request(request->address, request->size_bytes, flags, request->file_offset);
    error = error != 0 ? error : check_anonymous(flags);
    if (error != 0) {
        return error;
    }
    request->file_offset = 0;
    if ((flags & MAP_TYPE) == MAP_PRIVATE) {
        return map(request, flags);
    }
    request->file = memory_shared_new(request->size_bytes);
    if (request->file == NULL) {
        return -ENOMEM;
    }
    long result = map(request, flags);
    file_release(request->file);
    return result;
}

SYSCALL(mmap)
(unsigned long address, unsigned long length, unsigned long prot, unsigned long flags,
 unsigned long fd, unsigned long offset) {
    if ((offset & ~PAGE_MASK) != 0) {
        return -EINVAL;
    }
    struct vm_request request = {.address = address,
                                 .size_bytes = length,
                                 .prot = (int)(prot & PROT_ALL),
                                 .flags = area_flags(flags),
                                 .fixed = (flags & MAP_FIXED) != 0,
                                 .no_replace = (flags & MAP_FIXED_NOREPLACE) != 0,
                                 .file_offset = offset};
    if ((flags & MAP_TYPE) != MAP_PRIVATE) {
        request.flags |= VM_SHARED;
    }
    if (!request.fixed && !request.no_replace && address != 0) {
        request.address =
            MAX(PAGE_DOWN(address), USER_START); // a hint below mmap_min_addr is moved up
    }
    if ((flags & MAP_ANONYMOUS) != 0) {
        return map_anonymous(&request, flags);
    }
    return map_file(&request, fd, flags);
}

SYSCALL(munmap)(unsigned long address, size_t length) {
    return vm_unmap(process_current()->space, address, length);
}

// PROT_GROWSDOWN: the change begins where the area does (glibc makes a stack executable with it).
static long protect_growing(struct address_space *space, unsigned long address,
                            unsigned long length, int prot, bool down) {
    struct vm_area *area = vm_find(space, address);
    if (area == NULL) {
        return -ENOMEM;
    }
    if (!down || (area->flags & VM_GROWSDOWN) == 0) {
        return -EINVAL;
    }
    return vm_protect(space, area->start, address + length - area->start, prot);
}

SYSCALL(mprotect)(unsigned long address, size_t length, unsigned long prot) {
    struct address_space *space = process_current()->space;
    unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    prot &= ~grows;
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (address & ~PAGE_MASK) != 0) {
        return -EINVAL;
    }
    if (length == 0) {
        return 0;
    }
    unsigned long size = PAGE_UP(length);
    if (address + size <= address) {
        return -ENOMEM;
    }
    if ((prot & ~(unsigned long)(PROT_ALL | PROT_SEM)) != 0) {
        return -EINVAL;
    }
    int bits = (int)(prot & PROT_ALL);
    if (grows != 0) {
        return protect_growing(space, address, size, bits, grows == PROT_GROWSDOWN);
    }
    return vm_protect(space, address, size, bits);
}
