// Programs as files in memory, and the few things that the loader wants from the rest of the
// kernel.

#include <stdlib.h>

#include "arch.h"
#include "loader_files.h"
#include "page.h"
#include "random.h"
#include "string.h"
#include "thread.h"
#include "vm.h"

struct file *loader_interpreter;
static size_t sizes[2]; // of the program and of the interpreter
static struct file *sized[2];

uint64_t arch_hwcap(void) {
    return 0x123;
}

uint64_t arch_hwcap2(void) {
    return 0;
}

const char *arch_platform(void) {
    return "host";
}

void random_bytes(void *to, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        ((uint8_t *)to)[i] = (uint8_t)host_pick(256);
    }
}

uint64_t random_below(uint64_t limit) {
    return host_pick(limit);
}

ssize_t file_read_kernel(struct file *file, void *to, size_t size_bytes, off_t offset) {
    size_t size = file == sized[0] ? sizes[0] : sizes[1];
    if (offset < 0 || (uint64_t)offset >= size) {
        return 0;
    }
    size_t count = MIN(size_bytes, size - (uint64_t)offset);
    for (size_t i = 0; i < count; i++) {
        uint64_t at = (uint64_t)offset + i;
        ((char *)to)[i] = ((char *)host_file_word(file, at / PAGE_SIZE))[at % PAGE_SIZE];
    }
    return (ssize_t)count;
}

struct program *program_new(uint16_t type) {
    struct program *program = calloc(1, sizeof(*program));
    program->header = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = type,
        .e_machine = ARCH_ELF_MACHINE,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
    };
    return program;
}

Elf64_Phdr *program_add(struct program *program, uint32_t type, uint32_t flags, uint64_t offset,
                        uint64_t address, uint64_t file_size, uint64_t memory_size) {
    Elf64_Phdr *segments = (Elf64_Phdr *)(program->bytes + sizeof(Elf64_Ehdr));
    Elf64_Phdr *segment = &segments[program->header.e_phnum++];
    *segment = (Elf64_Phdr){
        .p_type = type,
        .p_flags = flags,
        .p_offset = offset,
        .p_vaddr = address,
        .p_paddr = address,
        .p_filesz = file_size,
        .p_memsz = memory_size,
        .p_align = PAGE_SIZE,
    };
    return segment;
}

struct file *program_file(const struct program *program, size_t size_bytes) {
    size_t pages = PAGE_UP(size_bytes) / PAGE_SIZE;
    struct file *file = host_file(pages, 0, 0);
    for (size_t i = 0; i < pages; i++) {
        size_t part = MIN(PAGE_SIZE, size_bytes - i * PAGE_SIZE);
        memcpy(host_file_word(file, i), program->bytes + i * PAGE_SIZE, part);
    }
    sized[0] = file;
    sizes[0] = size_bytes;
    return file;
}

static struct file *open_interpreter(const char *path) {
    if (loader_interpreter == NULL || strcmp(path, "/lib/ld.so") != 0) {
        return NULL;
    }
    sized[1] = loader_interpreter;
    sizes[1] = PROGRAM_SIZE;
    file_hold(loader_interpreter);
    return loader_interpreter;
}

int program_exec(struct file *file, struct exec_result *result) {
    static const char strings[] = "prog\0second\0HOME=/";
    static const struct credentials credentials = {.uid = 1, .euid = 2, .gid = 3, .egid = 4};
    const struct exec_request request = {
        .program = file,
        .path = "/bin/prog",
        .strings = {strings, sizeof(strings), 2, 1},
        .credentials = &credentials,
        .stack_limit = 8UL << 20,
        .open = open_interpreter,
    };
    int error = exec_build(&request, result);
    if (error != 0 && result->space != NULL) {
        vm_release(result->space);
    }
    return error;
}

uint64_t loader_word(struct address_space *space, uint64_t address) {
    int si_code;
    uint64_t value = 0;
    EXPECT_EQUAL(vm_fault(space, address, PROT_BIT_READ, &si_code), 0);
    const uint64_t *pte = vm_pte(space, PAGE_DOWN(address), false);
    memcpy(&value, (char *)pa_to_va(pte_pa(*pte)) + address % PAGE_SIZE, sizeof(value));
    return value;
}
