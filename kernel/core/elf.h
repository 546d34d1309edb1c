// Private to the loader: one ELF file on its way into an address space.
#pragma once

#include <linux/elf.h>

#include "types.h"

struct address_space;
struct file;

struct elf_object {
    struct file *file; // borrowed
    Elf64_Ehdr header;
    Elf64_Phdr *segments; // header.e_phnum of them, on the heap
    uint64_t low, high;   // page-aligned span of the PT_LOADs, as linked
    uint64_t align;       // the largest p_align, at least a page
    uint64_t bias;        // after elf_map: what was added to every address
    bool stack_executable;
};

int elf_read(struct file *file, struct elf_object *object); // 0, or -ENOEXEC, -ENOMEM, -EIO
void elf_free(struct elf_object *object);
// The interpreter's path into `path`: its length; 0 when there is none; -errno.
ssize_t elf_interpreter(const struct elf_object *object, char *path, size_t size_bytes);
// Maps every PT_LOAD at its linked address plus object->bias.
int elf_map(struct address_space *space, const struct elf_object *object);
uint64_t
elf_headers_address(const struct elf_object *object); // AT_PHDR, 0 when no segment holds them

// exec_copy.c: into another address space than the running one.
int exec_copy_out(struct address_space *space, uint64_t to, const void *from, size_t size_bytes);
int exec_zero(struct address_space *space, uint64_t start, size_t size_bytes);
