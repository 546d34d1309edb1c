// abort ends the program with 128 + SIGABRT.
//
// syscalls: rt_sigprocmask tgkill
// status: 134

#include <stdlib.h>

int main(void) {
    abort();
}
