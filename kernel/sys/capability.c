// capget(2), capset(2): the three sets of capabilities(7), as two 32-bit words each.
#include "credentials.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/capability.h>
#include <linux/errno.h>

// Version 1 has one word of each set, the others two. An unknown version is told the one to use.
static long words_of_version(void __user *header, struct __user_cap_header_struct *given,
                             unsigned *words) {
    if (copy_from_user(given, header, sizeof(*given)) != 0) {
        return -EFAULT;
    }
    switch (given->version) {
    case _LINUX_CAPABILITY_VERSION_1:
        *words = _LINUX_CAPABILITY_U32S_1;
        return 0;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        *words = _LINUX_CAPABILITY_U32S_3;
        return 0;
    default:
        given->version = _LINUX_CAPABILITY_VERSION_3;
        return copy_to_user(header, given, sizeof(*given)) != 0 ? -EFAULT : -EINVAL;
    }
}

SYSCALL(capget)(void __user *header, void __user *data) {
    struct __user_cap_header_struct given;
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    unsigned words;
    long error = words_of_version(header, &given, &words);
    if (error != 0) {
        return error == -EINVAL && data == NULL ? 0 : error; // a NULL asks for the version only
    }
    if (given.pid < 0) {
        return -EINVAL;
    }
    const struct thread *thread = given.pid == 0 ? thread_current() : thread_find(given.pid);
    if (thread == NULL) {
        return -ESRCH;
    }
    const struct credentials *own = &thread->process->credentials;
    for (unsigned i = 0; i < words; i++) {
        sets[i].effective = (uint32_t)(own->effective >> 32 * i);
        sets[i].permitted = (uint32_t)(own->permitted >> 32 * i);
        sets[i].inheritable = (uint32_t)(own->inheritable >> 32 * i);
    }
    return data != NULL ? copy_to_user(data, sets, words * sizeof(sets[0])) : 0;
}

SYSCALL(capset)(void __user *header, const void __user *data) {
    struct __user_cap_header_struct given;
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    unsigned words;
    long error = words_of_version(header, &given, &words);
    if (error != 0) {
        return error;
    }
    if (given.pid != 0 && given.pid != thread_current()->tid) {
        return -EPERM;
    }
    if (copy_from_user(sets, data, words * sizeof(sets[0])) != 0) {
        return -EFAULT;
    }
    struct credentials *own = &process_current()->credentials;
    uint64_t effective = sets[0].effective | (uint64_t)sets[1].effective << 32;
    uint64_t permitted = sets[0].permitted | (uint64_t)sets[1].permitted << 32;
    uint64_t inheritable = sets[0].inheritable | (uint64_t)sets[1].inheritable << 32;
    if ((permitted & ~own->permitted) != 0 || (effective & ~permitted) != 0) {
        return -EPERM; // nothing can be gained
    }
    own->effective = effective;
    own->permitted = permitted;
    own->inheritable = inheritable;
    return 0;
}
