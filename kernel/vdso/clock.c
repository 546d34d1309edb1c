// The vDSO's answers, the same on both architectures: time without a trap. Compiled into each vDSO
// with the app's ABI, it sees nothing of the kernel but the data page in front of its ELF header.
// The architecture's vdso/vdso_arch.h gives the names' prefix, VDSO(name), and vdso_syscall2(), for
// the clocks that only the kernel knows.
#include "clock.h"
#include "vdso_data.h"

#include "vdso_arch.h"

#include <asm/unistd.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define USEC_PER_SEC 1000000UL

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

int VDSO(clock_gettime)(int clock, struct __kernel_timespec *now);
int VDSO(clock_getres)(int clock, struct __kernel_timespec *resolution);
int VDSO(gettimeofday)(struct __kernel_old_timeval *now, struct timezone *zone);
int VDSO(getcpu)(unsigned *cpu, unsigned *node, void *unused);

static const volatile struct vdso_data *data_page(void) {
    return (const volatile struct vdso_data *)(__ehdr_start - VDSO_DATA_PAGES * PAGE_SIZE);
}

enum clock_kind { KERNEL_ONLY, MONOTONIC, REALTIME };

static enum clock_kind kind_of(int clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return REALTIME;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return MONOTONIC;
    default:
        return KERNEL_ONLY;
    }
}

// The kernel may be at work on the page between any two instructions here: see struct vdso_data.
static uint64_t now_ns(enum clock_kind kind) {
    const volatile struct vdso_data *data = data_page();
    uint32_t sequence;
    uint64_t ns;
    do {
        sequence = data->sequence;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        ns = (uint64_t)((unsigned __int128)clock_ticks() * data->multiplier >> CLOCK_SHIFT);
        ns += kind == REALTIME ? data->realtime_offset_ns : 0;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((sequence & 1) != 0 || data->sequence != sequence);
    return ns;
}

int VDSO(clock_gettime)(int clock, struct __kernel_timespec *now) {
    enum clock_kind kind = kind_of(clock);
    if (kind == KERNEL_ONLY) {
        return (int)vdso_syscall2(__NR_clock_gettime, clock, (long)now);
    }
    uint64_t ns = now_ns(kind);
    now->tv_sec = (int64_t)(ns / NSEC_PER_SEC);
    now->tv_nsec = (int64_t)(ns % NSEC_PER_SEC);
    return 0;
}

int VDSO(clock_getres)(int clock, struct __kernel_timespec *resolution) {
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    if (kind_of(clock) == KERNEL_ONLY || coarse) {
        return (int)vdso_syscall2(__NR_clock_getres, clock, (long)resolution);
    }
    if (resolution != NULL) {
        resolution->tv_sec = 0;
        resolution->tv_nsec = data_page()->resolution_ns;
    }
    return 0;
}

int VDSO(gettimeofday)(struct __kernel_old_timeval *now, struct timezone *zone) {
    if (zone != NULL) {
        *zone = (struct timezone){0, 0}; // settimeofday(2) cannot change it here
    }
    if (now != NULL) {
        uint64_t us = now_ns(REALTIME) / NSEC_PER_USEC;
        now->tv_sec = (long)(us / USEC_PER_SEC);
        now->tv_usec = (long)(us % USEC_PER_SEC);
    }
    return 0;
}

int VDSO(getcpu)(unsigned *cpu, unsigned *node, UNUSED void *unused) {
    if (cpu != NULL) {
        *cpu = 0;
    }
    if (node != NULL) {
        *node = 0;
    }
    return 0;
}
