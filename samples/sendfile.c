// sendfile copies between descriptors without the program.
//
// syscalls: sendfile
// status: 0
// expect: sent 29000 offset 29500
// expect: ghij

#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <unistd.h>

int main(void) {
    int in = open("/tmp/in", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int out = open("/tmp/out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char block[1000];
    for (int i = 0; i < 1000; i++) {
        block[i] = (char)('a' + i % 26);
    }
    for (int i = 0; i < 30; i++) {
        write(in, block, sizeof block);
    }
    off_t offset = 500;
    printf("sent %zd offset %ld\n", sendfile(out, in, &offset, 29000), (long)offset);
    char back[4];
    pread(out, back, 4, 1000);
    printf("%.4s\n", back);
    unlink("/tmp/in");
    unlink("/tmp/out");
    return 0;
}
