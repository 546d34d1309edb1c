// The auxiliary vector describes this program.
//
// syscalls: write
// status: 0
// expect: page size 4096
// expect: phdr right 1
// expect: phnum right 1
// expect: random set 1
// expect: clktck 100 secure 0
// expect: execfn 1

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern const Elf64_Ehdr __ehdr_start;

int main(void) {
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    int set = 0;
    for (int i = 0; i < 16; i++) {
        set += random[i] != 0;
    }
    printf("page size %lu\n", getauxval(AT_PAGESZ));
    printf("phdr right %d\n", getauxval(AT_PHDR) == (unsigned long)&__ehdr_start + __ehdr_start.e_phoff);
    printf("phnum right %d\n", getauxval(AT_PHNUM) == __ehdr_start.e_phnum);
    printf("random set %d\n", set > 8);
    printf("clktck %lu secure %lu\n", getauxval(AT_CLKTCK), getauxval(AT_SECURE));
    printf("execfn %d\n", strrchr((const char *)getauxval(AT_EXECFN), '/') != NULL);
    return 0;
}
