// What the loader makes of good programs, and what it says to bad ones.

#include <asm/auxvec.h>
#include <asm/errno.h>
#include <linux/auxvec.h>
#include <linux/mman.h>
#include <stdlib.h>

#include "arch.h"
#include "heap.h"
#include "layout.h"
#include "loader_files.h"
#include "page.h"
#include "string.h"
#include "vm.h"

#define CODE 0x10000UL
#define DATA 0x12000UL

static void boot(void) {
    host_boot(16384, 64);
    host_seed();
}

// Code at page 0 of the file; data in page 1, of which 0x100 bytes are the file's, then two pages
// of bss.
static struct program *small_program(uint16_t type, uint64_t base) {
    struct program *program = program_new(type);
    program->header.e_entry = base + 0x400;
    program_add(program, PT_LOAD, PF_R | PF_X, 0, base, 0x800, 0x800);
    program_add(program, PT_LOAD, PF_R | PF_W, 0x1010, base + 0x2010, 0x100, 0x2000);
    memset(program->bytes + 0x1000, 0xdd, PAGE_SIZE);
    return program;
}

static struct address_space *load(struct file *file, struct exec_result *result) {
    EXPECT_EQUAL(program_exec(file, result), 0);
    host_check_space(result->space);
    return result->space;
}

TEST(a_program_lies_where_it_was_linked) {
    boot();
    struct file *file = program_file(small_program(ET_EXEC, CODE), PROGRAM_SIZE);
    struct exec_result result;
    struct address_space *space = load(file, &result);
    EXPECT_EQUAL(result.entry, CODE + 0x400);
    EXPECT_EQUAL(loader_word(space, CODE) & 0xffffffff, 0x464c457f);
    EXPECT_EQUAL(vm_find(space, CODE)->prot, PROT_READ | PROT_EXEC);
    EXPECT_EQUAL(vm_find(space, DATA)->prot, PROT_READ | PROT_WRITE);
    EXPECT(vm_find(space, CODE - 1) == NULL);
    EXPECT(space->brk_start >= CODE + 0x5000 && space->brk_start % PAGE_SIZE == 0);
    EXPECT_EQUAL(space->brk_end, space->brk_start);
}

TEST(bss_is_zero_and_the_file_is_not_changed) {
    boot();
    struct file *file = program_file(small_program(ET_EXEC, CODE), PROGRAM_SIZE);
    struct exec_result result;
    struct address_space *space = load(file, &result);
    EXPECT_EQUAL((uint64_t)loader_word(space, DATA + 0x10), 0xddddddddddddddddUL);
    EXPECT_EQUAL((uint64_t)loader_word(space, DATA + 0x108), 0xddddddddddddddddUL);
    EXPECT_EQUAL(loader_word(space, DATA + 0x110), 0);
    EXPECT_EQUAL(loader_word(space, DATA + 0xff8), 0);
    EXPECT_EQUAL(loader_word(space, DATA + 0x1000), 0);
    EXPECT(vm_find(space, DATA + 0x2000)->file == NULL);
    EXPECT_EQUAL(host_file_word(file, 1)[511], 0xddddddddddddddddUL);
}

TEST(a_position_independent_program_moves_as_one_and_is_aligned) {
    boot();
    struct program *program = small_program(ET_DYN, 0);
    Elf64_Phdr *first = (Elf64_Phdr *)(program->bytes + sizeof(Elf64_Ehdr));
    first->p_align = 0x200000;
    struct file *file = program_file(program, PROGRAM_SIZE);
    uint64_t bases[2];
    for (int i = 0; i < 2; i++) {
        struct exec_result result;
        struct address_space *space = load(file, &result);
        bases[i] = result.entry - 0x400;
        EXPECT_EQUAL(bases[i] % 0x200000, 0);
        EXPECT_EQUAL((uint64_t)loader_word(space, bases[i] + 0x2010), 0xddddddddddddddddUL);
        EXPECT(space->mmap_top > bases[i] && space->mmap_top < space->stack_top);
    }
    EXPECT(bases[0] != bases[1]);
}

static uint64_t auxv_value(struct address_space *space, uint64_t type) {
    for (uint64_t at = space->auxv_start; at < space->auxv_end; at += 16) {
        if (loader_word(space, at) == type) {
            return loader_word(space, at + 8);
        }
    }
    return UINT64_MAX;
}

static void expect_string(struct address_space *space, uint64_t address, const char *wanted) {
    for (size_t i = 0; i <= strlen(wanted); i++) {
        EXPECT_EQUAL((char)loader_word(space, address + i), wanted[i]);
    }
}

TEST(the_stack_holds_what_linux_puts_there) {
    boot();
    struct exec_result result;
    struct address_space *space =
        load(program_file(small_program(ET_EXEC, CODE), PROGRAM_SIZE), &result);
    uint64_t sp = result.sp;
    EXPECT_EQUAL(sp % 16, 0);
    EXPECT_EQUAL(loader_word(space, sp), 2);
    expect_string(space, loader_word(space, sp + 8), "prog");
    expect_string(space, loader_word(space, sp + 16), "second");
    EXPECT_EQUAL(loader_word(space, sp + 24), 0);
    expect_string(space, loader_word(space, sp + 32), "HOME=/");
    EXPECT_EQUAL(loader_word(space, sp + 40), 0);
    EXPECT_EQUAL(space->auxv_start, sp + 48);
    EXPECT_EQUAL(auxv_value(space, AT_PHDR), CODE + sizeof(Elf64_Ehdr));
    EXPECT_EQUAL(auxv_value(space, AT_PHNUM), 2);
    EXPECT_EQUAL(auxv_value(space, AT_ENTRY), CODE + 0x400);
    EXPECT_EQUAL(auxv_value(space, AT_BASE), 0);
    EXPECT_EQUAL(auxv_value(space, AT_EUID), 2);
    EXPECT_EQUAL(auxv_value(space, AT_EGID), 4);
    EXPECT_EQUAL(auxv_value(space, AT_HWCAP), 0x123);
    expect_string(space, auxv_value(space, AT_EXECFN), "/bin/prog");
    expect_string(space, auxv_value(space, AT_PLATFORM), "host");
    EXPECT(vm_find(space, auxv_value(space, AT_RANDOM)) == vm_find(space, sp));
    EXPECT_EQUAL(space->arg_start, loader_word(space, sp + 8));
    EXPECT_EQUAL(space->env_end - space->env_start, sizeof("HOME=/"));
    EXPECT_EQUAL(vm_find(space, sp)->end, space->stack_top);
}

TEST(an_interpreter_gets_the_first_instruction) {
    boot();
    loader_interpreter = program_file(small_program(ET_DYN, 0), PROGRAM_SIZE);
    struct program *program = small_program(ET_EXEC, CODE);
    memcpy(program->bytes + 0x600, "/lib/ld.so", 11);
    program_add(program, PT_INTERP, PF_R, 0x600, CODE + 0x600, 11, 11);
    struct exec_result result;
    struct address_space *space = load(program_file(program, PROGRAM_SIZE), &result);
    uint64_t base = auxv_value(space, AT_BASE);
    EXPECT_EQUAL(result.entry, base + 0x400);
    EXPECT_EQUAL(auxv_value(space, AT_ENTRY), CODE + 0x400);
    EXPECT(base < space->mmap_top && base > PAGE_SIZE);
    EXPECT_EQUAL(loader_word(space, base) & 0xffffffff, 0x464c457f);
}

TEST(the_stack_is_executable_only_when_asked) {
    boot();
    for (uint32_t flags = PF_R | PF_W; flags <= (PF_R | PF_W | PF_X); flags++) {
        struct program *program = small_program(ET_EXEC, CODE);
        program_add(program, PT_GNU_STACK, flags, 0, 0, 0, 0);
        struct exec_result result;
        struct address_space *space = load(program_file(program, PROGRAM_SIZE), &result);
        bool executable = (vm_find(space, result.sp)->prot & PROT_EXEC) != 0;
        EXPECT_EQUAL(executable, (flags & PF_X) != 0);
    }
}

// Each row breaks a good program in one way.
static void expect_refused(void (*break_it)(struct program *), size_t size, int error) {
    struct program *program = small_program(ET_EXEC, CODE);
    break_it(program);
    struct exec_result result;
    EXPECT_EQUAL(program_exec(program_file(program, size), &result), error);
}

static Elf64_Phdr *segment_of(struct program *program, size_t index) {
    return (Elf64_Phdr *)(program->bytes + sizeof(Elf64_Ehdr)) + index;
}

static void nothing(UNUSED struct program *program) {
}
static void bad_magic(struct program *program) {
    program->bytes[1] = 'e';
}
static void bits_32(struct program *program) {
    program->header.e_ident[EI_CLASS] = ELFCLASS32;
}
static void big_endian(struct program *program) {
    program->header.e_ident[EI_DATA] = ELFDATA2MSB;
}
static void other_machine(struct program *program) {
    program->header.e_machine = EM_X86_64;
}
static void an_object(struct program *program) {
    program->header.e_type = ET_REL;
}
static void no_segments(struct program *program) {
    program->header.e_phnum = 0;
}
static void far_segments(struct program *program) {
    program->header.e_phoff = UINT64_MAX - 8;
}
static void more_file_than_memory(struct program *program) {
    segment_of(program, 0)->p_filesz = 0x900;
}
static void crooked(struct program *program) {
    segment_of(program, 1)->p_vaddr += 8;
}
static void in_the_kernel(struct program *program) {
    segment_of(program, 1)->p_vaddr = 0xffffffc000001010;
}
static void at_zero(struct program *program) {
    segment_of(program, 0)->p_vaddr = 0;
}
static void huge(struct program *program) {
    segment_of(program, 1)->p_memsz = USER_END - 0x20000;
}
static void no_load(struct program *program) {
    segment_of(program, 0)->p_type = segment_of(program, 1)->p_type = PT_NOTE;
}
static void no_interpreter(struct program *program) {
    memcpy(program->bytes + 0x600, "/lib/ld.so", 11);
    program_add(program, PT_INTERP, PF_R, 0x600, CODE + 0x600, 11, 11);
}
static void interpreter_without_end(struct program *program) {
    no_interpreter(program);
    segment_of(program, 2)->p_filesz = 10;
}

TEST(bad_programs_are_refused) {
    boot();
    expect_refused(nothing, 10, -ENOEXEC);
    expect_refused(nothing, sizeof(Elf64_Ehdr) + 8, -ENOEXEC);
    expect_refused(bad_magic, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(bits_32, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(big_endian, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(other_machine, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(an_object, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(no_segments, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(far_segments, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(more_file_than_memory, PROGRAM_SIZE, -EINVAL);
    expect_refused(crooked, PROGRAM_SIZE, -EINVAL);
    expect_refused(in_the_kernel, PROGRAM_SIZE, -EINVAL);
    expect_refused(at_zero, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(huge, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(no_load, PROGRAM_SIZE, -ENOEXEC);
    expect_refused(no_interpreter, PROGRAM_SIZE, -ENOENT);
    expect_refused(interpreter_without_end, PROGRAM_SIZE, -ENOEXEC);
}

enum { HEAP_SPARE_PAGES = 64 }; // what the heap keeps for its next blocks

static void mutate(struct program *program) {
    size_t reach = sizeof(Elf64_Ehdr) + program->header.e_phnum * sizeof(Elf64_Phdr);
    for (unsigned long changes = 1 + host_pick(4); changes > 0; changes--) {
        size_t at = host_pick(reach);
        uint64_t words[] = {0,          1,
                            UINT64_MAX, 0x8000000000000000,
                            USER_END,   USER_END - 1,
                            0xfff,      host_pick(1 << 20)};
        if (host_pick(2) == 0) {
            program->bytes[at] = (char)host_pick(256);
        } else {
            memcpy(program->bytes + at / 8 * 8, &words[host_pick(ARRAY_SIZE(words))], 8);
        }
    }
}

// Whatever the file says: an error or a whole address space, and every page comes back.
TEST(mutated_programs_never_harm) {
    boot();
    struct program *pristine = small_program(ET_DYN, 0);
    memcpy(pristine->bytes + 0x600, "/lib/ld.so", 11);
    program_add(pristine, PT_INTERP, PF_R, 0x600, 0x600, 11, 11);
    program_add(pristine, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
    loader_interpreter = program_file(small_program(ET_DYN, 0), PROGRAM_SIZE);
    size_t before = host_used_pages(), heap_before = heap_used_bytes();
    size_t loaded = 0;
    for (unsigned long round = host_setting("HOST_ROUNDS", 3000); round > 0; round--) {
        struct program *program = malloc(sizeof(*program));
        memcpy(program, pristine, sizeof(*program));
        program->header.e_type = host_pick(2) == 0 ? ET_DYN : ET_EXEC;
        mutate(program);
        struct file *file =
            program_file(program, host_pick(8) == 0 ? 1 + host_pick(PROGRAM_SIZE) : PROGRAM_SIZE);
        free(program);
        struct exec_result result;
        if (program_exec(file, &result) == 0) {
            host_check_space(result.space);
            vm_release(result.space);
            loaded++;
        }
        file_release(file);
        EXPECT_EQUAL(heap_used_bytes(), heap_before);
        EXPECT(host_used_pages() <= before + HEAP_SPARE_PAGES);
    }
    EXPECT(loaded > 0);
}
