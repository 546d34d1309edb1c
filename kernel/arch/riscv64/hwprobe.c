// riscv_hwprobe(2): what this CPU can do, as pairs of key and value
// (Documentation/arch/riscv/hwprobe.rst, whose names these are; <asm/hwprobe.h> is younger than the
// headers we build with). There is one CPU, number 0.
#include "arch.h"
#include "layout.h"
#include "syscall.h"
#include "usercopy.h"

#include <asm/errno.h>

struct hwprobe_pair {
    int64_t key;
    uint64_t value;
};

enum {
    KEY_MVENDORID = 0,
    KEY_MARCHID = 1,
    KEY_MIMPID = 2,
    KEY_BASE_BEHAVIOR = 3,
    KEY_IMA_EXT_0 = 4,
    KEY_CPUPERF_0 = 5,
    KEY_HIGHEST_VIRT_ADDRESS = 7,
    KEY_TIME_CSR_FREQ = 8,
    KEY_MISALIGNED_SCALAR_PERF = 9,
    BASE_BEHAVIOR_IMA = 1,
    EXT_0_FD = 1,
    EXT_0_C = 2,
    MISALIGNED_FAST = 3, // QEMU leaves unaligned accesses to the host
    WHICH_CPUS = 1,
};

// False: a key that we do not know.
static bool read_key(int64_t key, uint64_t *value) {
    switch (key) {
    case KEY_MVENDORID:
    case KEY_MARCHID:
    case KEY_MIMPID:
        *value = 0;
        return true;
    case KEY_BASE_BEHAVIOR:
        *value = BASE_BEHAVIOR_IMA;
        return true;
    case KEY_IMA_EXT_0:
        *value = EXT_0_FD | EXT_0_C;
        return true;
    case KEY_CPUPERF_0:
    case KEY_MISALIGNED_SCALAR_PERF:
        *value = MISALIGNED_FAST;
        return true;
    case KEY_HIGHEST_VIRT_ADDRESS:
        *value = USER_END - 1;
        return true;
    case KEY_TIME_CSR_FREQ:
        *value = clock_frequency_hz();
        return true;
    default:
        return false;
    }
}

static bool is_bit_mask(int64_t key) {
    return key == KEY_BASE_BEHAVIOR || key == KEY_IMA_EXT_0 || key == KEY_CPUPERF_0;
}

static struct hwprobe_pair answer_to(int64_t key) {
    struct hwprobe_pair answer = {.key = key};
    if (!read_key(key, &answer.value)) {
        answer.key = -1;
    }
    return answer;
}

static long fill_pairs(struct hwprobe_pair __user *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct hwprobe_pair pair;
        if (get_user(pair, &pairs[i]) != 0 || put_user(answer_to(pair.key), &pairs[i]) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

// Whether the CPU has what all pairs say. A key that is unknown is marked in its pair.
static long compare_pairs(struct hwprobe_pair __user *pairs, size_t count, bool *equal) {
    *equal = true;
    for (size_t i = 0; i < count; i++) {
        struct hwprobe_pair pair;
        if (get_user(pair, &pairs[i]) != 0) {
            return -EFAULT;
        }
        struct hwprobe_pair answer = answer_to(pair.key);
        uint64_t relevant = is_bit_mask(pair.key) ? pair.value : UINT64_MAX;
        *equal = *equal && answer.key >= 0 && (answer.value & relevant) == pair.value;
        if (answer.key < 0 && put_user(answer, &pairs[i]) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

SYSCALL(riscv_hwprobe)
(void __user *pairs, size_t pair_count, size_t cpusetsize, unsigned long __user *cpus,
 unsigned int flags) {
    bool named = cpusetsize != 0 && cpus != NULL;
    if (flags > WHICH_CPUS || (flags == WHICH_CPUS && !named)) {
        return -EINVAL;
    }
    unsigned long asked = named ? 0 : 1;
    size_t asked_bytes = MIN(cpusetsize, sizeof(asked));
    if (named && copy_from_user(&asked, cpus, asked_bytes) != 0) {
        return -EFAULT;
    }
    if (flags != WHICH_CPUS) {
        return (asked & 1) != 0 ? fill_pairs(pairs, pair_count) : -EINVAL;
    }
    bool equal;
    long error = compare_pairs(pairs, pair_count, &equal);
    unsigned long found = equal && (asked == 0 || (asked & 1) != 0);
    return error != 0 ? error : copy_to_user(cpus, &found, asked_bytes);
}
