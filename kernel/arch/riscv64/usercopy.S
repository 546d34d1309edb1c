// Copies between the kernel and the app's memory that may fault. A page that is only not there yet is brought in by the
// trap handler and the copy goes on; otherwise trap_usercopy_fault() moves pc to the place that the table at the end names.
// A fault in a stretch of words goes on byte by byte, so that the count of what was left is exact.
//
// Unaligned words are used freely: QEMU's harts do them, and nothing is gained by aligning.

.macro fixup from, to, target
    .pushsection .rodata.usercopy_fixups, "a"
    .quad   \from, \to, \target
    .popsection
.endm

    .section .rodata.usercopy_fixups, "a"
    .balign 8
    .globl usercopy_fixups
usercopy_fixups:

// size_t arch_copy_from_user(void *to, uint64_t from, size_t size_bytes), arch_copy_to_user(uint64_t to, const void *from,
// size_t size_bytes): a0 to, a1 from, a2 what is left.
    .section .text.usercopy, "ax"
    .globl arch_copy_from_user, arch_copy_to_user
arch_copy_from_user:
arch_copy_to_user:
    li      t0, 64
    bltu    a2, t0, copy_word
copy_block:
    ld      t1, 0(a1)
    ld      t2, 8(a1)
    ld      t3, 16(a1)
    ld      t4, 24(a1)
    ld      t5, 32(a1)
    ld      t6, 40(a1)
    ld      a3, 48(a1)
    ld      a4, 56(a1)
    sd      t1, 0(a0)
    sd      t2, 8(a0)
    sd      t3, 16(a0)
    sd      t4, 24(a0)
    sd      t5, 32(a0)
    sd      t6, 40(a0)
    sd      a3, 48(a0)
    sd      a4, 56(a0)
    addi    a1, a1, 64
    addi    a0, a0, 64
    addi    a2, a2, -64
    bgeu    a2, t0, copy_block
copy_word:
    li      t0, 8
1:  bltu    a2, t0, copy_byte
    ld      t1, 0(a1)
    sd      t1, 0(a0)
    addi    a1, a1, 8
    addi    a0, a0, 8
    addi    a2, a2, -8
    j       1b
copy_byte:
    beqz    a2, left
    lb      t1, 0(a1)
    sb      t1, 0(a0)
    addi    a1, a1, 1
    addi    a0, a0, 1
    addi    a2, a2, -1
    j       copy_byte
left:
    mv      a0, a2
    ret
    fixup   copy_block, copy_byte, copy_byte
    fixup   copy_byte, left, left

// size_t arch_clear_user(uint64_t to, size_t size_bytes)
    .globl arch_clear_user
arch_clear_user:
    mv      a2, a1
    li      t0, 8
clear_word:
    bltu    a2, t0, clear_byte
    sd      zero, 0(a0)
    addi    a0, a0, 8
    addi    a2, a2, -8
    j       clear_word
clear_byte:
    beqz    a2, left
    sb      zero, 0(a0)
    addi    a0, a0, 1
    addi    a2, a2, -1
    j       clear_byte
clear_end:
    fixup   clear_word, clear_byte, clear_byte
    fixup   clear_byte, clear_end, left

// ssize_t arch_strncpy_from_user(char *to, uint64_t from, size_t max)
    .globl arch_strncpy_from_user
arch_strncpy_from_user:
    mv      a3, a1
    add     a4, a1, a2
string_byte:
    beq     a1, a4, string_end
    lbu     t0, 0(a1)
    sb      t0, 0(a0)
    beqz    t0, string_end
    addi    a0, a0, 1
    addi    a1, a1, 1
    j       string_byte
string_end:
    sub     a0, a1, a3
    ret
    fixup   string_byte, string_end, bad_address

// int arch_user_cmpxchg32(uint64_t address, uint32_t expected, uint32_t desired, uint32_t *found)
    .globl arch_user_cmpxchg32
arch_user_cmpxchg32:
    sext.w  a1, a1                      // lr.w sign-extends what it loads
cmpxchg:
    lr.w.aqrl t0, (a0)
    bne     t0, a1, cmpxchg_end
    sc.w.rl t1, a2, (a0)
    bnez    t1, cmpxchg
cmpxchg_end:
    sw      t0, 0(a3)
    li      a0, 0
    ret
    fixup   cmpxchg, cmpxchg_end, bad_address

bad_address:
    li      a0, -14                     // -EFAULT
    ret

    .section .rodata.usercopy_fixups, "a"
    .globl usercopy_fixups_end
usercopy_fixups_end:
