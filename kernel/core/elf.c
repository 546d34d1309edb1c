// Reading and mapping one ELF64 file, executable or interpreter alike. File pages are mapped, never
// copied, so an unwritten page of the program is the image's own. What counts as a bad file follows
// fs/binfmt_elf.c of Linux: -ENOEXEC for what is no ELF for this machine, -EINVAL for segments that
// cannot be mapped.
#include "elf.h"

#include <asm/errno.h>
#include <linux/mman.h>

#include "arch.h"
#include "file.h"
#include "heap.h"
#include "layout.h"
#include "string.h"
#include "vm.h"

enum { SEGMENTS_MAX = 128 };

static bool header_ok(const Elf64_Ehdr *header) {
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
           (header->e_type == ET_EXEC || header->e_type == ET_DYN) &&
           header->e_machine == ARCH_ELF_MACHINE && header->e_phentsize == sizeof(Elf64_Phdr) &&
           header->e_phnum > 0 && header->e_phnum <= SEGMENTS_MAX;
}

static bool segment_ok(const Elf64_Phdr *segment) {
    return segment->p_filesz <= segment->p_memsz && segment->p_memsz <= USER_END &&
           segment->p_vaddr <= USER_END - segment->p_memsz &&
           segment->p_offset <= INT64_MAX - segment->p_filesz &&
           ((segment->p_vaddr ^ segment->p_offset) & ~PAGE_MASK) == 0;
}

static int measure(struct elf_object *object) {
    object->low = UINT64_MAX;
    object->high = 0;
    object->align = PAGE_SIZE;
    for (unsigned i = 0; i < object->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &object->segments[i];
        if (segment->p_type == PT_GNU_STACK) {
            object->stack_executable = (segment->p_flags & PF_X) != 0;
        }
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0) {
            continue;
        }
        if (!segment_ok(segment)) {
            return -EINVAL;
        }
        object->low = MIN(object->low, PAGE_DOWN(segment->p_vaddr));
        object->high = MAX(object->high, PAGE_UP(segment->p_vaddr + segment->p_memsz));
        bool power_of_two = (segment->p_align & (segment->p_align - 1)) == 0;
        if (power_of_two && segment->p_align <= USER_END / 64) {
            object->align = MAX(object->align, segment->p_align);
        }
    }
    return object->high == 0 ? -ENOEXEC : 0;
}

int elf_read(struct file *file, struct elf_object *object) {
    *object = (struct elf_object){.file = file};
    Elf64_Ehdr *header = &object->header;
    ssize_t got = file_read_kernel(file, header, sizeof(*header), 0);
    if (got != (ssize_t)sizeof(*header) || !header_ok(header)) {
        return got < 0 ? (int)got : -ENOEXEC;
    }
    size_t size = header->e_phnum * sizeof(Elf64_Phdr);
    object->segments = heap_alloc(size);
    if (object->segments == NULL) {
        return -ENOMEM;
    }
    got = file_read_kernel(file, object->segments, size, (off_t)header->e_phoff);
    int error = got == (ssize_t)size ? measure(object) : -ENOEXEC;
    if (error != 0) {
        elf_free(object);
    }
    return error;
}

void elf_free(struct elf_object *object) {
    heap_free(object->segments);
    object->segments = NULL;
}

ssize_t elf_interpreter(const struct elf_object *object, char *path, size_t size_bytes) {
    for (unsigned i = 0; i < object->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &object->segments[i];
        if (segment->p_type != PT_INTERP) {
            continue;
        }
        size_t length = segment->p_filesz;
        if (length < 2 || length > size_bytes) {
            return -ENOEXEC;
        }
        ssize_t got = file_read_kernel(object->file, path, length, (off_t)segment->p_offset);
        return got == (ssize_t)length && path[length - 1] == '\0' ? (ssize_t)length - 1 : -ENOEXEC;
    }
    return 0;
}

static int segment_prot(const Elf64_Phdr *segment) {
    return ((segment->p_flags & PF_R) != 0 ? PROT_READ : 0) |
           ((segment->p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
           ((segment->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
}

static int map_range(struct address_space *space, const struct vm_request *request) {
    int64_t address = vm_map(space, request);
    return address < 0 ? (int)address : 0;
}

static int map_segment(struct address_space *space, const struct elf_object *object,
                       const Elf64_Phdr *segment) {
    uint64_t start = segment->p_vaddr + object->bias;
    uint64_t file_end = start + segment->p_filesz;
    uint64_t end = start + segment->p_memsz;
    struct vm_request request = {
        .address = PAGE_DOWN(start),
        .prot = segment_prot(segment),
        .fixed = true,
    };
    if (segment->p_filesz > 0) {
        request.size_bytes = PAGE_UP(file_end) - request.address;
        request.file = object->file;
        request.file_offset = PAGE_DOWN(segment->p_offset);
        int error = map_range(space, &request);
        bool tail = end > file_end && (segment->p_flags & PF_W) != 0;
        if (error == 0 && tail && (file_end & ~PAGE_MASK) != 0) {
            error = exec_zero(space, file_end, PAGE_UP(file_end) - file_end);
        }
        if (error != 0) {
            return error;
        }
        request.address = PAGE_UP(file_end);
    }
    if (PAGE_UP(end) <= request.address) {
        return 0;
    }
    request.size_bytes = PAGE_UP(end) - request.address;
    request.file = NULL;
    request.file_offset = 0;
    return map_range(space, &request);
}

int elf_map(struct address_space *space, const struct elf_object *object) {
    for (unsigned i = 0; i < object->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &object->segments[i];
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0) {
            continue;
        }
        int error = map_segment(space, object, segment);
        if (error != 0) {
            return error;
        }
        uint64_t start = segment->p_vaddr + object->bias;
        if ((segment->p_flags & PF_X) != 0) { // the first and, with stubs, the last of several
            space->code_start = space->code_start == 0 ? start : space->code_start;
            space->code_end = start + segment->p_filesz;
        }
        if ((segment->p_flags & PF_W) != 0 && space->data_start == 0) {
            space->data_start = start;
            space->data_end = start + segment->p_filesz;
        }
    }
    return 0;
}

uint64_t elf_headers_address(const struct elf_object *object) {
    uint64_t offset = object->header.e_phoff;
    for (unsigned i = 0; i < object->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &object->segments[i];
        if (segment->p_type == PT_LOAD && segment->p_offset <= offset &&
            offset - segment->p_offset < segment->p_filesz) {
            return offset - segment->p_offset + segment->p_vaddr + object->bias;
        }
    }
    return 0;
}
