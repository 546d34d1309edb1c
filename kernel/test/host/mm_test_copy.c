// Bytes on their way between the kernel and the app.

#include "mm_expect.h"
#include "string.h"
#include "uio.h"
#include "usercopy.h"

TEST(copies_stop_at_the_fault_and_at_the_kernel) {
    boot();
    map_at(BASE, P(1), RW);
    char bytes[64];
    memset(bytes, 'x', sizeof(bytes));
    void __user *edge = (void __user *)(BASE + P(1) - 16);
    EXPECT_EQUAL(copy_to_user(edge, bytes, 16), 0);
    EXPECT_EQUAL(copy_to_user(edge, bytes, 17), -EFAULT);
    EXPECT_EQUAL(copy_to_user_partial(edge, bytes, 32), 16);
    EXPECT_EQUAL(copy_from_user(bytes, user_pointer(DIRECT_MAP), 8), -EFAULT);
    EXPECT_EQUAL(copy_from_user(bytes, user_pointer(USER_END - 4), 8), -EFAULT);
    EXPECT_EQUAL(copy_from_user(bytes, user_pointer(UINT64_MAX), 8), -EFAULT);
    EXPECT_EQUAL(copy_from_user_partial(bytes, user_pointer(UINT64_MAX - 3), 8), 0);
    EXPECT_EQUAL(string_from_user(bytes, (const char __user *)edge, 8), -ENAMETOOLONG);
    EXPECT_EQUAL(string_from_user(bytes, (const char __user *)edge, 40), -EFAULT);
    EXPECT_EQUAL(put_user((char)0, (char __user *)(BASE + P(1) - 1)), 0);
    EXPECT_EQUAL(string_from_user(bytes, (const char __user *)edge, 40), 15);
}

TEST(uio_walks_its_vectors_and_stops_at_a_fault) {
    boot();
    map_at(BASE, P(1), RW);
    const struct iovec_k vectors[] = {{BASE, 3}, {0, 0}, {BASE + 100, 5}, {BASE + P(1) - 2, 10}};
    struct uio uio;
    uio_init_vectors(&uio, vectors, 4, 18);
    EXPECT_EQUAL(uio_write(&uio, "abcd", 4), 4);
    EXPECT_EQUAL(uio_write(&uio, "efghijklmnop", 12), 6);
    EXPECT_EQUAL(uio.remaining, 8);
    char back[8];
    EXPECT_EQUAL(copy_from_user(back, user_pointer(BASE + 100), 5), 0);
    EXPECT_EQUAL(memcmp(back, "defgh", 5), 0);
    uio_init_kernel(&uio, back, sizeof(back));
    EXPECT_EQUAL(uio_zero(&uio, 3), 3);
    EXPECT_EQUAL(uio_write(&uio, "0123456789", 10), 5);
    EXPECT_EQUAL(memcmp(back, "\0\0\00001234", 8), 0);
    uio_init_user(&uio, BASE + 100, 5);
    EXPECT_EQUAL(uio_read(&uio, back, 100), 5);
    EXPECT_EQUAL(uio_read(&uio, back, 100), 0);
}
