// Code that was just written runs after riscv_flush_icache(2), twice at the same place.
//
// syscalls: mmap riscv_flush_icache write exit
// status: 0
// expect: 79
// expect: bad flag 1
// qemu-user: does not look at the flags

        .option norelax                 // nobody sets gp
        .globl  _start
_start:
        li      a0, 0                   // mmap(NULL, 4096, READ | WRITE | EXEC, PRIVATE | ANONYMOUS)
        li      a1, 4096
        li      a2, 7
        li      a3, 0x22
        li      a4, -1
        li      a5, 0
        li      a7, 222
        ecall
        mv      s0, a0
        li      s1, 0x03700513          // li a0, '7'
        jal     write_and_run
        lla     t0, message
        sb      a0, 0(t0)
        li      s1, 0x03900513          // li a0, '9'
        jal     write_and_run
        lla     t0, message
        sb      a0, 1(t0)

        mv      a0, s0                  // -EINVAL is -22
        mv      a1, s0
        li      a2, 2
        li      a7, 259
        ecall
        addi    a0, a0, 22
        seqz    a0, a0
        addi    a0, a0, '0'
        lla     a1, flag
        sb      a0, 0(a1)

        li      a0, 1
        lla     a1, message
        li      a2, 14
        li      a7, 64
        ecall
        li      a0, 0
        li      a7, 93
        ecall

write_and_run:
        sw      s1, 0(s0)
        li      t0, 0x00008067          // ret
        sw      t0, 4(s0)
        mv      a0, s0
        addi    a1, s0, 8
        li      a2, 0
        li      a7, 259
        ecall
        jr      s0

        .data
message: .ascii "xx\nbad flag "
flag:   .ascii "x\n"
