// Floating point survives every syscall.
//
// syscalls: write getppid
// status: 0
// expect: 12.090146129863

#include <stdio.h>
#include <unistd.h>

int main(void) {
    double sum = 0;
    for (int i = 1; i <= 100000; i++) {
        sum += 1.0 / i;
        if (i % 1000 == 0) {
            getppid();
        }
    }
    printf("%.12f\n", sum);
    return 0;
}
