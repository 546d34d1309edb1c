// A program without libc whose registers all survive a syscall.
//
// syscalls: write exit getpid
// status: 0
// expect: kept
// The syscall keeps every integer register but a0. s1 counts those that changed.

        .macro  check register, value
        li      t0, \value
        beq     \register, t0, 1f
        addi    s1, s1, 1
1:
        .endm

        .globl  _start
_start:
        li      s1, 0
        li      ra, 101
        li      gp, 103
        li      tp, 104
        li      t1, 106
        li      t2, 107
        li      s0, 108
        li      a1, 111
        li      a2, 112
        li      a3, 113
        li      a4, 114
        li      a5, 115
        li      a6, 116
        li      a7, 172
        li      s2, 118
        li      s3, 119
        li      s11, 127
        li      t3, 128
        li      t4, 129
        li      t5, 130
        li      t6, 131
        mv      s4, sp
        ecall
        check   ra, 101
        check   gp, 103
        check   tp, 104
        check   t1, 106
        check   t2, 107
        check   s0, 108
        check   a1, 111
        check   a2, 112
        check   a3, 113
        check   a4, 114
        check   a5, 115
        check   a6, 116
        check   a7, 172
        check   s2, 118
        check   s3, 119
        check   s11, 127
        check   t3, 128
        check   t4, 129
        check   t5, 130
        check   t6, 131
        beq     s4, sp, 2f
        addi    s1, s1, 1
2:      bnez    s1, 3f
        li      a0, 1
        lla     a1, message
        li      a2, 5
        li      a7, 64
        ecall
3:      mv      a0, s1
        li      a7, 93
        ecall

        .section .rodata
message: .ascii "kept\n"
