// From an ELF file to a thread about to run its first instruction.
#pragma once

#include "set.h"
#include "types.h"

struct address_space;
struct credentials;
struct file;
struct image_node;
struct process;

// core/first_process.c: the program that the image names becomes process 1. Panics when it cannot.
void exec_first_process(void);

// Strings of argv and then envp, NUL-terminated, one after the other, in kernel memory.
struct exec_strings {
    const char *bytes;
    size_t size_bytes;
    uint32_t argc, envc;
};

struct exec_request {
    struct file *program;
    const char *path; // AT_EXECFN
    struct exec_strings strings;
    const struct credentials *credentials;
    uint64_t stack_limit;                   // bytes, RLIMIT_STACK
    struct file *(*open)(const char *path); // how to find the interpreter; one reference, or NULL
};

struct exec_result {
    struct address_space *space; // new, one reference
    uint64_t entry, sp;
};

// core/exec.c: builds the address space of a program without touching the running one. 0 or -errno;
// execve(2) is this, then the swap of spaces. After an error the caller releases result->space,
// which may be NULL: the first process, which cannot go on without, needs no code for that.
MUST_USE int exec_build(const struct exec_request *request, struct exec_result *result);

// core/image_file.c: the image's files without the VFS.
const struct image_node *image_find(const char *path); // absolute; follows symlinks; NULL: absent
struct file *image_file_open(const char *path);        // one reference, read-only; NULL
// The absolute path of a node, cut to fit; always ends with a NUL.
void image_path(const struct image_node *node, char *path, size_t size_bytes);
// The image node whose bytes a file maps, through its inode or directly; NULL for all others.
const struct image_node *image_node_of_file(const struct file *file);

// The first process before its program is loaded: what makes its descriptors and directories joins
// this set.
typedef void (*process_start_fn)(struct process *process);
#define PROCESS_START_HOOK(order, function)                                                        \
    SET_ENTRY(process_start, order, process_start_fn, start_##function) = function

// What every new address space gets besides the program. 0 or -errno; called once per entry, so it
// may find its work done.
typedef int (*exec_map_fn)(struct address_space *space);
#define EXEC_MAP_HOOK(order, function)                                                             \
    SET_ENTRY(exec_map, order, exec_map_fn, map_##function) = function

// Where so many bytes fit in the mmap area of a space that is being built. The address, or -errno.
int64_t exec_find_room(struct address_space *space, uint64_t size_bytes);

// core/vdso.c. An object whose work the vDSO shares (clock_gettime, rt_sigaction ...) says
// NEEDS_VDSO, and so an image without such an object has no vDSO.
int vdso_map(struct address_space *space);
#define NEEDS_VDSO EXEC_MAP_HOOK(vdso, vdso_map)
