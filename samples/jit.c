// Code that the program makes at run time runs, its syscalls included, and is seen after it changes.
//
// syscalls: mmap mprotect riscv_flush_icache getpid
// status: 0
// expect: made 42
// expect: changed 43
// expect: pid right 1

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__riscv)
// li a0, N; ret
static const uint32_t constant[] = {0x00000513, 0x00008067};
// li a7, 172; ecall; ret
static const uint32_t pid[] = {0x0ac00893, 0x00000073, 0x00008067};
enum { SHIFT = 20 };
#else
// mov w0, #N; ret
static const uint32_t constant[] = {0x52800000, 0xd65f03c0};
// mov x8, #172; svc #0; ret
static const uint32_t pid[] = {0xd2801588, 0xd4000001, 0xd65f03c0};
enum { SHIFT = 5 };
#endif

static void flush(char *start, size_t size) {
#if defined(__riscv)
    syscall(259, start, start + size, 0);
#else
    __builtin___clear_cache(start, start + size);
#endif
}

static void put_constant(char *where, uint32_t value) {
    uint32_t code[2] = {constant[0] | value << SHIFT, constant[1]};
    memcpy(where, code, sizeof code);
    flush(where, sizeof code);
}

int main(void) {
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*made)(void) = (int (*)(void))page;
    put_constant(page, 42);
    printf("made %d\n", made());
    put_constant(page, 43);
    printf("changed %d\n", made());
    memcpy(page, pid, sizeof pid);
    flush(page, sizeof pid);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    printf("pid right %d\n", made() == getpid());
    return 0;
}
