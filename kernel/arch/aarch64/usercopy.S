// Copies between the kernel and the app's memory that may fault. A page that is only not there yet is brought in by the
// trap handler and the copy goes on; otherwise trap_usercopy_fault() moves pc to the place that the table at the end names.
// A fault in a stretch of words goes on byte by byte, so that the count of what was left is exact: pointers move only
// after a whole stretch.

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
// size_t size_bytes): x0 to, x1 from, x2 what is left.
    .section .text.usercopy, "ax"
    .globl arch_copy_from_user, arch_copy_to_user
arch_copy_from_user:
arch_copy_to_user:
    cmp     x2, #64
    b.lo    copy_word
copy_block:
    ldp     x3, x4, [x1]
    ldp     x5, x6, [x1, #16]
    ldp     x7, x8, [x1, #32]
    ldp     x16, x17, [x1, #48]
    stp     x3, x4, [x0]
    stp     x5, x6, [x0, #16]
    stp     x7, x8, [x0, #32]
    stp     x16, x17, [x0, #48]
    add     x1, x1, #64
    add     x0, x0, #64
    sub     x2, x2, #64
    cmp     x2, #64
    b.hs    copy_block
copy_word:
    cmp     x2, #8
    b.lo    copy_byte
    ldr     x3, [x1]
    str     x3, [x0]
    add     x1, x1, #8
    add     x0, x0, #8
    sub     x2, x2, #8
    b       copy_word
copy_byte:
    cbz     x2, left
    ldrb    w3, [x1]
    strb    w3, [x0]
    add     x1, x1, #1
    add     x0, x0, #1
    sub     x2, x2, #1
    b       copy_byte
left:
    mov     x0, x2
    ret
    fixup   copy_block, copy_byte, copy_byte
    fixup   copy_byte, left, left

// size_t arch_clear_user(uint64_t to, size_t size_bytes)
    .globl arch_clear_user
arch_clear_user:
    mov     x2, x1
clear_word:
    cmp     x2, #16
    b.lo    clear_byte
    stp     xzr, xzr, [x0]
    add     x0, x0, #16
    sub     x2, x2, #16
    b       clear_word
clear_byte:
    cbz     x2, left
    strb    wzr, [x0]
    add     x0, x0, #1
    sub     x2, x2, #1
    b       clear_byte
clear_end:
    fixup   clear_word, clear_byte, clear_byte
    fixup   clear_byte, clear_end, left

// ssize_t arch_strncpy_from_user(char *to, uint64_t from, size_t max)
    .globl arch_strncpy_from_user
arch_strncpy_from_user:
    mov     x3, x1
    add     x4, x1, x2
string_byte:
    cmp     x1, x4
    b.eq    string_end
    ldrb    w5, [x1]
    strb    w5, [x0]
    cbz     w5, string_end
    add     x0, x0, #1
    add     x1, x1, #1
    b       string_byte
string_end:
    sub     x0, x1, x3
    ret
    fixup   string_byte, string_end, bad_address

// int arch_user_cmpxchg32(uint64_t address, uint32_t expected, uint32_t desired, uint32_t *found)
    .globl arch_user_cmpxchg32
arch_user_cmpxchg32:
    ldaxr   w4, [x0]
    cmp     w4, w1
    b.ne    cmpxchg_end
    stlxr   w5, w2, [x0]
    cbnz    w5, arch_user_cmpxchg32
cmpxchg_end:
    clrex
    str     w4, [x3]
    mov     x0, #0
    ret
    fixup   arch_user_cmpxchg32, cmpxchg_end, bad_address

bad_address:
    mov     x0, #-14                    // -EFAULT
    ret

    .section .rodata.usercopy_fixups, "a"
    .globl usercopy_fixups_end
usercopy_fixups_end:
