// A plugin for qemu-user that counts the syscalls of a program: word N of the file `into` counts
// number N, the last word how often the program was started. qemu's -strace would hold a file
// descriptor that the program can close or replace, and shells and servers do; a mapping is out of
// its reach, children that it forks share it, and it does not grow with the length of the session.
// The interface is QEMU's docs/devel/tcg-plugins.rst; these are the parts of it that are used.
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { API_VERSION = 1, NUMBERS = 1023, BYTES = (NUMBERS + 1) * sizeof(uint64_t) };

typedef void (*syscall_callback)(uint64_t id, unsigned vcpu, int64_t number, uint64_t, uint64_t,
                                 uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
extern void qemu_plugin_register_vcpu_syscall_cb(uint64_t id, syscall_callback callback);
int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments);

const int qemu_plugin_version = API_VERSION;
static uint64_t *counts;

static void keep(uint64_t id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c,
                 uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
    (void)id, (void)vcpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number >= 0 && number < NUMBERS) {
        __atomic_fetch_add(&counts[number], 1, __ATOMIC_RELAXED);
    }
}

int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments) {
    (void)info;
    static const char name[] = "into=";
    if (count != 1 || strncmp(arguments[0], name, sizeof name - 1) != 0) {
        return 1;
    }
    int file = open(arguments[0] + sizeof name - 1, O_RDWR);
    if (file < 0 || ftruncate(file, BYTES) != 0) {
        return 1;
    }
    counts = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counts == MAP_FAILED) {
        return 1;
    }
    __atomic_fetch_add(&counts[NUMBERS], 1, __ATOMIC_RELAXED);
    qemu_plugin_register_vcpu_syscall_cb(id, keep);
    return 0;
}
