// The vDSO's file as it is mapped: whole pages (the Makefile builds it).
    .section .rodata.vdso, "a"
    .globl  vdso_start, vdso_end
    .balign 4096
vdso_start:
    .incbin "vdso.so"
    .balign 4096
vdso_end:
