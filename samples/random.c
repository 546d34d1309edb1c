// getrandom fills what it is given and is never the same twice.
//
// syscalls: getrandom
// status: 0
// expect: 256 256
// expect: differ 1 few zeros 1
// expect: bad flag 1

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int main(void) {
    unsigned char a[256] = {0}, b[256] = {0};
    printf("%zd %zd\n", getrandom(a, sizeof a, 0), getrandom(b, sizeof b, GRND_NONBLOCK));
    int zeros = 0;
    for (int i = 0; i < 256; i++) {
        zeros += a[i] == 0;
    }
    printf("differ %d few zeros %d\n", memcmp(a, b, sizeof a) != 0, zeros < 20);
    printf("bad flag %d\n", getrandom(a, 1, 0x100) == -1 && errno == EINVAL);
    return 0;
}
