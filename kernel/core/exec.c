// From a file to an address space with a program in it. Placement
// follows Linux: a PIE two thirds up the address space, mappings down from below the stack, the
// heap above the program, each at a random distance. The interpreter, when the program names one,
// is one more mapping and gets the first instruction.
#include "exec.h"

#include <asm/errno.h>
#include <linux/limits.h>

#include "arch.h"
#include "elf.h"
#include "exec_stack.h"
#include "file.h"
#include "layout.h"
#include "random.h"
#include "vm.h"

SET_DECLARE(exec_map, exec_map_fn);

#define PIE_BASE (USER_END / 3 * 2)
#define PIE_RANDOM_PAGES (1UL << 18)   // arch_mmap_rnd() with 39-bit addresses: 18 bits at least
#define STACK_RANDOM_PAGES (1UL << 18) // STACK_RND_MASK
#define MMAP_RANDOM_PAGES (1UL << 22)
#define BRK_RANDOM_PAGES (1UL << 13) // arch_randomize_brk(): 32 MiB
#define STACK_GAP_MIN (128UL << 20)  // mmap_base() keeps this much for the stack at least
#define STACK_GAP_MAX (USER_END / 6 * 5)
#define STACK_GUARD (256 * PAGE_SIZE)

static uint64_t random_pages(uint64_t count) {
    return random_below(count) * PAGE_SIZE;
}

static void place_stack_and_maps(struct address_space *space, uint64_t stack_limit) {
    space->stack_top = USER_END - PAGE_SIZE - random_pages(STACK_RANDOM_PAGES);
    uint64_t gap = MIN(MAX(stack_limit, STACK_GAP_MIN), STACK_GAP_MAX);
    gap += STACK_GUARD;
    uint64_t random = random_pages(MMAP_RANDOM_PAGES);
    space->mmap_top = PAGE_DOWN(space->stack_top - gap) - random;
}

static int load_program(struct address_space *space, struct elf_object *program) {
    if (program->header.e_type == ET_DYN) {
        uint64_t base = PIE_BASE + random_pages(PIE_RANDOM_PAGES);
        program->bias = (base & ~(program->align - 1)) - program->low;
    }
    uint64_t end = program->high + program->bias;
    if (program->low + program->bias < PAGE_SIZE || end > USER_END / 4 * 3) {
        return -ENOEXEC; // page zero is never mapped; the stack needs its quarter
    }
    int error = elf_map(space, program);
    space->brk_start = space->brk_end = end + random_pages(BRK_RANDOM_PAGES);
    return error;
}

// Where `size_bytes` fit in the mmap area: found by mapping nothing there.
int64_t exec_find_room(struct address_space *space, uint64_t size_bytes) {
    const struct vm_request request = {.size_bytes = size_bytes};
    int64_t address = vm_map(space, &request);
    if (address >= 0) {
        int error = vm_unmap(space, (uint64_t)address, size_bytes);
        return error == 0 ? address : error;
    }
    return address;
}

static int map_interpreter(struct address_space *space, struct elf_object *interpreter,
                           struct exec_layout *layout, uint64_t *entry) {
    uint64_t align = interpreter->align;
    int64_t room =
        exec_find_room(space, interpreter->high - interpreter->low + (align - PAGE_SIZE));
    if (room < 0) {
        return (int)room;
    }
    uint64_t base = ((uint64_t)room + align - 1) & ~(align - 1);
    interpreter->bias = base - interpreter->low;
    layout->interpreter_base = interpreter->bias;
    *entry = interpreter->header.e_entry + interpreter->bias;
    return elf_map(space, interpreter);
}

// No interpreter named: 0, and nothing changes.
static int load_interpreter(struct address_space *space, const struct exec_request *request,
                            const struct elf_object *program, struct exec_layout *layout,
                            uint64_t *entry) {
    char path[256];
    ssize_t length = elf_interpreter(program, path, sizeof(path));
    if (length <= 0) {
        return (int)length;
    }
    struct file *file = request->open(path);
    if (file == NULL) {
        return -ENOENT;
    }
    struct elf_object interpreter;
    int error = elf_read(file, &interpreter);
    if (error == 0) {
        error = interpreter.header.e_type == ET_DYN
                    ? map_interpreter(space, &interpreter, layout, entry)
                    : -ELIBBAD;
        elf_free(&interpreter);
    }
    file_release(file);
    return error;
}

static int build(struct address_space *space, const struct exec_request *request,
                 struct elf_object *program, struct exec_result *result) {
    place_stack_and_maps(space, request->stack_limit);
    int error = load_program(space, program);
    struct exec_layout layout = {
        .program_entry = program->header.e_entry + program->bias,
        .headers = elf_headers_address(program),
        .header_count = program->header.e_phnum,
        .stack_executable = program->stack_executable,
    };
    result->entry = layout.program_entry;
    if (error == 0) {
        error = load_interpreter(space, request, program, &layout, &result->entry);
    }
    SET_FOR_EACH (map, exec_map, exec_map_fn) {
        error = error == 0 ? (*map)(space) : error;
    }
    return error == 0 ? exec_make_stack(space, request, &layout, &result->sp) : error;
}

int exec_build(const struct exec_request *request, struct exec_result *result) {
    struct elf_object program;
    result->space = NULL;
    int error = elf_read(request->program, &program);
    if (error != 0) {
        return error;
    }
    result->space = vm_new();
    error = result->space == NULL ? -ENOMEM : build(result->space, request, &program, result);
    elf_free(&program);
    return error;
}
