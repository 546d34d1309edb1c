// A program without libc whose registers all survive a syscall.
//
// syscalls: write exit getpid
// status: 0
// expect: kept
// The syscall keeps every integer register but x0, and the flags. x28 counts those that changed.

        .macro  check register, value
        cmp     \register, #\value
        cinc    x28, x28, ne
        .endm

        .globl  _start
_start:
        mov     x28, #0
        mov     x20, sp
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 18, 19, 21, 22, 29, 30
        mov     x\n, #(100 + \n)
        .endr
        mov     x16, #116
        mov     x17, #117
        mov     x8, #172
        cmp     x1, #101                // Z is set and must stay so
        svc     #0
        b.eq    1f
        add     x28, x28, #1
1:      .irp    n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 29, 30
        check   x\n, (100 + \n)
        .endr
        check   x8, 172
        mov     x21, sp
        cmp     x20, x21
        cinc    x28, x28, ne
        cbnz    x28, 2f
        mov     x0, #1
        adr     x1, message
        mov     x2, #5
        mov     x8, #64
        svc     #0
2:      mov     x0, x28
        mov     x8, #93
        svc     #0

        .section .rodata
message: .ascii "kept\n"
