// Private to the loader: what the stack's contents say about where things were loaded.
#pragma once

#include "types.h"

struct address_space;
struct exec_request;

struct exec_layout {
    uint64_t program_entry;         // AT_ENTRY
    uint64_t headers, header_count; // AT_PHDR, AT_PHNUM
    uint64_t interpreter_base;      // AT_BASE, 0 without an interpreter
    bool stack_executable;
};

// Maps the stack below space->stack_top and fills it. 0 or -errno, and the first sp.
int exec_make_stack(struct address_space *space, const struct exec_request *request,
                    const struct exec_layout *layout, uint64_t *sp);
