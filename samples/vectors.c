// readv and writev gather and scatter.
//
// syscalls: readv writev
// status: 0
// expect: writev 7
// expect: readv 7 [one ][two]

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
    int fd = open("/tmp/vectors", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec out[3] = {{"one ", 4}, {"", 0}, {"two", 3}};
    printf("writev %zd\n", writev(fd, out, 3));
    char a[5] = {0}, b[8] = {0};
    struct iovec in[2] = {{a, 4}, {b, 7}};
    lseek(fd, 0, SEEK_SET);
    printf("readv %zd", readv(fd, in, 2));
    printf(" [%s][%s]\n", a, b);
    unlink("/tmp/vectors");
    return 0;
}
