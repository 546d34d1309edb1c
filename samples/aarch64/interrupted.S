// Syscalls and signals together: a timer's handler runs between any two instructions, of the program and of the way into
// the kernel, and no register changes but those that the handler or the syscall has to change.
//
// syscalls: setitimer rt_sigaction rt_sigreturn getpid sched_yield write exit
// status: 0
// expect: kept
// x28 is the round, x27 counts signals in the handler, x26 is what all other registers are made of.

        .set    SIGALRM, 14
        .set    SA_RESTORER, 0x04000000
        .set    ROUNDS, 30000
        .set    SIGNALS, 20

        .macro  value register, index
        eor     \register, x26, #(0xff << \index)
        .endm

        .macro  check register, index
        eor     x17, x26, #(0xff << \index)
        cmp     x17, \register
        b.ne    wrong
        .endm

        .globl  _start
_start:
        mov     x0, #SIGALRM
        adr     x1, action
        mov     x2, #0
        mov     x3, #8
        mov     x8, #134                // rt_sigaction
        svc     #0
        mov     x0, #0
        adr     x1, interval
        mov     x2, #0
        mov     x8, #103                // setitimer
        svc     #0

        mov     x27, #0
        mov     x28, #0
        ldr     x26, =0x123456789abcdef1
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 30, 31
        dup     v\n\().2d, x26
        .endr
round:
        mul     x26, x26, x26
        add     x26, x26, x28, lsl #5
        orr     x26, x26, #1
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 29, 30
        value   x\n, \n
        .endr
        mov     x0, x26
        tbz     x26, #7, 1f
        mov     x8, #172                // getpid
        svc     #0
        cmp     x0, #0
        b.le    wrong
        b       2f
1:      mov     x8, #124                // sched_yield
        svc     #0
        cbnz    x0, wrong
2:      .irp    n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 29, 30
        check   x\n, \n
        .endr
        add     x28, x28, #1
        ldr     x17, =ROUNDS
        cmp     x28, x17
        b.lo    round
        cmp     x27, #SIGNALS           // the machine may be too fast, not too slow
        b.lo    round

        ldr     x26, =0x123456789abcdef1
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 30, 31
        umov    x0, v\n\().d[1]
        cmp     x0, x26
        b.ne    wrong
        .endr
        mov     x0, #1
        adr     x1, message
        mov     x2, #5
        mov     x8, #64                 // write
        svc     #0
        mov     x0, #0
        b       leave
wrong:  mov     x0, #1
leave:  mov     x8, #93                 // exit
        svc     #0

// x27's place in the interrupted context: ucontext's registers begin at 184.
handler:
        ldr     x0, [x2, #184 + 27 * 8]
        add     x0, x0, #1
        str     x0, [x2, #184 + 27 * 8]
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 30, 31
        movi    v\n\().16b, #\n
        .endr
        cmp     x0, #0
        ret
restorer:
        mov     x8, #139                // rt_sigreturn
        svc     #0

message:
        .ascii  "kept\n"
        .balign 8
action: .quad   handler, SA_RESTORER | 4, restorer, 0
interval:
        .quad   0, 1000, 0, 1000
