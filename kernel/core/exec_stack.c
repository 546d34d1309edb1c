// The first page a program sees: argc, argv, envp, the auxiliary vector and the strings they point
// to, laid out as fs/binfmt_elf.c of Linux does, since programs and libraries walk it by hand. From
// the top down:
//
//   8 zero bytes | path (AT_EXECFN) | environment strings | argument strings | a random gap |
//   platform name | 16 random bytes | auxv, envp and argv (8 bytes each) | argc, where sp points,
//   16-byte aligned
#include "exec_stack.h"

#include <asm/auxvec.h>
#include <asm/errno.h>
#include <asm/param.h>
#include <asm/signal.h>
#include <linux/auxvec.h>
#include <linux/mman.h>

#include "arch.h"
#include "elf.h"
#include "exec.h"
#include "heap.h"
#include "layout.h"
#include "random.h"
#include "string.h"
#include "thread.h"
#include "vm.h"

enum {
    AUXV_MAX = 24,
    END_MARK_SIZE = 8,
    RANDOM_SIZE = 16,
    STACK_ALIGN = 16,
    GAP_STEPS = 512,    // of STACK_ALIGN bytes: up to 8 KiB, as Linux's arch_align_stack()
    ARGUMENT_SHARE = 4, // arguments may take a quarter of the stack (execve(2))
};

// What a program finds mapped below its arguments before the stack has to grow (setup_arg_pages()).
#define STACK_EXPAND (128 * 1024UL)

// The stack's upper end in kernel memory, filled from the top down.
struct stack_image {
    char *bytes;
    uint64_t base; // the app's address of bytes[0]
    size_t size_bytes, used;
};

static uint64_t stack_push(struct stack_image *stack, const void *from, size_t size_bytes) {
    stack->used += size_bytes;
    size_t place = stack->size_bytes - stack->used;
    if (from != NULL) {
        memcpy(stack->bytes + place, from, size_bytes);
    }
    return stack->base + place;
}

static uint64_t push_string(struct stack_image *stack, const char *string) {
    return string == NULL ? 0 : stack_push(stack, string, strlen(string) + 1);
}

struct auxv {
    uint64_t pairs[2 * AUXV_MAX];
    size_t count;
};

// Not inlined: called twenty times.
static __attribute__((noinline)) void auxv_add(struct auxv *auxv, uint64_t type, uint64_t value) {
    auxv->pairs[2 * auxv->count] = type;
    auxv->pairs[2 * auxv->count + 1] = value;
    auxv->count++;
}

static void fill_auxv(struct auxv *auxv, const struct exec_request *request,
                      const struct exec_layout *layout, const struct address_space *space) {
    if (space->vdso_base != 0) {
        auxv_add(auxv, AT_SYSINFO_EHDR, space->vdso_base);
    }
    auxv_add(auxv, AT_MINSIGSTKSZ, MINSIGSTKSZ);
    auxv_add(auxv, AT_HWCAP, arch_hwcap());
    auxv_add(auxv, AT_PAGESZ, PAGE_SIZE);
    auxv_add(auxv, AT_CLKTCK, HZ);
    auxv_add(auxv, AT_PHDR, layout->headers);
    auxv_add(auxv, AT_PHENT, sizeof(Elf64_Phdr));
    auxv_add(auxv, AT_PHNUM, layout->header_count);
    auxv_add(auxv, AT_BASE, layout->interpreter_base);
    auxv_add(auxv, AT_FLAGS, 0);
    auxv_add(auxv, AT_ENTRY, layout->program_entry);
    auxv_add(auxv, AT_UID, request->credentials->uid);
    auxv_add(auxv, AT_EUID, request->credentials->euid);
    auxv_add(auxv, AT_GID, request->credentials->gid);
    auxv_add(auxv, AT_EGID, request->credentials->egid);
    auxv_add(auxv, AT_SECURE, 0);
    auxv_add(auxv, AT_HWCAP2, arch_hwcap2());
}

static size_t table_size(const struct exec_strings *strings) {
    size_t words = 1 + strings->argc + 1 + strings->envc + 1;
    return words * sizeof(uint64_t) + sizeof(((struct auxv *)NULL)->pairs);
}

// argv or envp: addresses of `count` strings, one after the other from `address`, and a zero word.
static uint64_t *fill_pointers(uint64_t *words, const char **bytes, uint64_t *address,
                               uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        size_t size = strlen(*bytes) + 1;
        *words++ = *address;
        *address += size;
        *bytes += size;
    }
    *words++ = 0;
    return words;
}

static uint64_t push_tables(struct stack_image *stack, const struct exec_strings *strings,
                            const struct auxv *auxv, uint64_t first_string,
                            struct address_space *space) {
    size_t words = 1 + strings->argc + 1 + strings->envc + 1 + 2 * auxv->count;
    uint64_t lowest = stack->base + stack->size_bytes - stack->used - words * sizeof(uint64_t);
    stack->used += lowest % STACK_ALIGN;
    uint64_t sp = stack_push(stack, NULL, words * sizeof(uint64_t));
    uint64_t *word = (uint64_t *)(stack->bytes + (sp - stack->base));
    const char *bytes = strings->bytes;
    uint64_t address = first_string;
    *word++ = strings->argc;
    space->arg_start = address;
    word = fill_pointers(word, &bytes, &address, strings->argc);
    space->arg_end = space->env_start = address;
    word = fill_pointers(word, &bytes, &address, strings->envc);
    space->env_end = address;
    space->auxv_start = sp + (words - 2 * auxv->count) * sizeof(uint64_t);
    space->auxv_end = sp + words * sizeof(uint64_t);
    memcpy(word, auxv->pairs, 2 * auxv->count * sizeof(uint64_t));
    return sp;
}

static uint64_t fill_stack(struct stack_image *stack, const struct exec_request *request,
                           const struct exec_layout *layout, struct address_space *space) {
    struct auxv auxv = {.count = 0};
    uint8_t random[RANDOM_SIZE];
    random_bytes(random, sizeof(random));
    stack_push(stack, NULL, END_MARK_SIZE);
    uint64_t path = push_string(stack, request->path);
    uint64_t strings = stack_push(stack, request->strings.bytes, request->strings.size_bytes);
    stack_push(stack, NULL, random_below(GAP_STEPS) * STACK_ALIGN);
    uint64_t platform = push_string(stack, arch_platform());
    fill_auxv(&auxv, request, layout, space);
    auxv_add(&auxv, AT_RANDOM, stack_push(stack, random, sizeof(random)));
    auxv_add(&auxv, AT_EXECFN, path);
    if (platform != 0) {
        auxv_add(&auxv, AT_PLATFORM, platform);
    }
    auxv_add(&auxv, AT_NULL, 0);
    return push_tables(stack, &request->strings, &auxv, strings, space);
}

static int map_stack(struct address_space *space, uint64_t size_bytes, bool executable) {
    const struct vm_request request = {
        .address = space->stack_top - size_bytes,
        .size_bytes = size_bytes,
        .prot = PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0),
        .flags = VM_STACK | VM_GROWSDOWN,
        .fixed = true,
        .name = "[stack]",
    };
    int64_t address = vm_map(space, &request);
    return address < 0 ? (int)address : 0;
}

int exec_make_stack(struct address_space *space, const struct exec_request *request,
                    const struct exec_layout *layout, uint64_t *sp) {
    struct stack_image stack = {
        .size_bytes = END_MARK_SIZE + strlen(request->path) + 1 + request->strings.size_bytes +
                      (size_t)GAP_STEPS * STACK_ALIGN + PAGE_SIZE + table_size(&request->strings),
    };
    stack.size_bytes = (stack.size_bytes + STACK_ALIGN - 1) / STACK_ALIGN * STACK_ALIGN;
    if (stack.size_bytes > request->stack_limit / ARGUMENT_SHARE) {
        return -E2BIG;
    }
    uint64_t mapped = MIN(PAGE_UP(stack.size_bytes) + STACK_EXPAND,
                          MAX(PAGE_DOWN(request->stack_limit), PAGE_UP(stack.size_bytes)));
    int error = map_stack(space, mapped, layout->stack_executable);
    if (error != 0) {
        return error;
    }
    stack.bytes = heap_alloc_zeroed(stack.size_bytes);
    if (stack.bytes == NULL) {
        return -ENOMEM;
    }
    stack.base = space->stack_top - stack.size_bytes;
    *sp = fill_stack(&stack, request, layout, space);
    size_t unused = stack.size_bytes - stack.used;
    error = exec_copy_out(space, *sp, stack.bytes + unused, stack.used);
    heap_free(stack.bytes);
    return error;
}
