// Programs made by the tests, byte by byte.
#pragma once

#include <linux/elf.h>

#include "exec.h"
#include "host_test.h"

enum { PROGRAM_PAGES = 4, PROGRAM_SIZE = PROGRAM_PAGES * 4096, PROGRAM_SEGMENTS = 6 };

// The file's contents, before it becomes a file.
struct program {
    union {
        Elf64_Ehdr header;
        char bytes[PROGRAM_SIZE];
    };
};

struct program *program_new(uint16_t type); // header only; segments go behind it
Elf64_Phdr *program_add(struct program *program, uint32_t type, uint32_t flags, uint64_t offset,
                        uint64_t address, uint64_t file_size, uint64_t memory_size);
struct file *program_file(const struct program *program, size_t size_bytes); // one reference
// Builds with two arguments and one variable, and the interpreter that loader_interpreter names. 0
// or -errno.
int program_exec(struct file *file, struct exec_result *result);
extern struct file *loader_interpreter; // what "/lib/ld.so" opens, or NULL
// 8 bytes of an address space that is not in use.
uint64_t loader_word(struct address_space *space, uint64_t address);
