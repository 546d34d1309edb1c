// Users and groups: real, effective, saved and file system ids (credentials(7)). Privilege is
// CAP_SETUID and CAP_SETGID; leaving user 0 takes the capabilities away, as capabilities(7) has it.
#include "credentials.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/capability.h>
#include <linux/errno.h>

#define UNCHANGED ((uint32_t)-1)

static struct credentials *credentials(void) {
    return &process_current()->credentials;
}

bool process_capable(const struct process *process, unsigned capability) {
    return (process->credentials.effective >> capability & 1) != 0;
}

static bool may_set_uid(void) {
    return process_capable(process_current(), CAP_SETUID);
}

static bool may_set_gid(void) {
    return process_capable(process_current(), CAP_SETGID);
}

static bool has_root(uid_t uid, uid_t euid, uid_t suid) {
    return uid == 0 || euid == 0 || suid == 0;
}

static long set_uids(uid_t uid, uid_t euid, uid_t suid) {
    struct credentials *own = credentials();
    bool had_root = has_root(own->uid, own->euid, own->suid);
    if (had_root && !has_root(uid, euid, suid) && !process_current()->keep_capabilities) {
        own->permitted = own->effective = 0;
    } else if (own->euid == 0 && euid != 0) {
        own->effective = 0;
    } else if (own->euid != 0 && euid == 0) {
        own->effective = own->permitted;
    }
    own->uid = uid;
    own->euid = own->fsuid = euid;
    own->suid = suid;
    return 0;
}

static long set_gids(gid_t gid, gid_t egid, gid_t sgid) {
    struct credentials *own = credentials();
    own->gid = gid;
    own->egid = own->fsgid = egid;
    own->sgid = sgid;
    return 0;
}

SYSCALL(getuid)(void) {
    return credentials()->uid;
}

SYSCALL(geteuid)(void) {
    return credentials()->euid;
}

SYSCALL(getgid)(void) {
    return credentials()->gid;
}

SYSCALL(getegid)(void) {
    return credentials()->egid;
}

SYSCALL(getresuid)(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid) {
    const struct credentials *own = credentials();
    bool failed =
        put_user(own->uid, ruid) || put_user(own->euid, euid) || put_user(own->suid, suid);
    return failed ? -EFAULT : 0;
}

SYSCALL(getresgid)(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid) {
    const struct credentials *own = credentials();
    bool failed =
        put_user(own->gid, rgid) || put_user(own->egid, egid) || put_user(own->sgid, sgid);
    return failed ? -EFAULT : 0;
}

SYSCALL(setuid)(uid_t uid) {
    const struct credentials *own = credentials();
    if (uid == UNCHANGED) {
        return -EINVAL;
    }
    if (may_set_uid()) {
        return set_uids(uid, uid, uid);
    }
    return uid == own->uid || uid == own->suid ? set_uids(own->uid, uid, own->suid) : -EPERM;
}

SYSCALL(setgid)(gid_t gid) {
    const struct credentials *own = credentials();
    if (gid == UNCHANGED) {
        return -EINVAL;
    }
    if (may_set_gid()) {
        return set_gids(gid, gid, gid);
    }
    return gid == own->gid || gid == own->sgid ? set_gids(own->gid, gid, own->sgid) : -EPERM;
}

// Both of setreuid(2) and setregid(2): the saved id follows the effective one when the real one is
// set, or the effective one becomes something else than the old real one.
static uint32_t new_saved(uint32_t real, uint32_t effective, uint32_t old_real,
                          uint32_t new_effective, uint32_t saved) {
    bool follows = real != UNCHANGED || (effective != UNCHANGED && effective != old_real);
    return follows ? new_effective : saved;
}

SYSCALL(setreuid)(uid_t ruid, uid_t euid) {
    const struct credentials *own = credentials();
    bool real_ok = ruid == UNCHANGED || ruid == own->uid || ruid == own->euid;
    bool effective_ok =
        euid == UNCHANGED || euid == own->uid || euid == own->euid || euid == own->suid;
    if (!may_set_uid() && !(real_ok && effective_ok)) {
        return -EPERM;
    }
    uid_t new_real = ruid != UNCHANGED ? ruid : own->uid;
    uid_t new_effective = euid != UNCHANGED ? euid : own->euid;
    return set_uids(new_real, new_effective,
                    new_saved(ruid, euid, own->uid, new_effective, own->suid));
}

SYSCALL(setregid)(gid_t rgid, gid_t egid) {
    const struct credentials *own = credentials();
    bool real_ok = rgid == UNCHANGED || rgid == own->gid || rgid == own->egid;
    bool effective_ok =
        egid == UNCHANGED || egid == own->gid || egid == own->egid || egid == own->sgid;
    if (!may_set_gid() && !(real_ok && effective_ok)) {
        return -EPERM;
    }
    gid_t new_real = rgid != UNCHANGED ? rgid : own->gid;
    gid_t new_effective = egid != UNCHANGED ? egid : own->egid;
    return set_gids(new_real, new_effective,
                    new_saved(rgid, egid, own->gid, new_effective, own->sgid));
}

static bool is_own_uid(const struct credentials *own, uid_t uid) {
    return uid == UNCHANGED || uid == own->uid || uid == own->euid || uid == own->suid;
}

static bool is_own_gid(const struct credentials *own, gid_t gid) {
    return gid == UNCHANGED || gid == own->gid || gid == own->egid || gid == own->sgid;
}

SYSCALL(setresuid)(uid_t ruid, uid_t euid, uid_t suid) {
    const struct credentials *own = credentials();
    bool own_ids = is_own_uid(own, ruid) && is_own_uid(own, euid) && is_own_uid(own, suid);
    if (!may_set_uid() && !own_ids) {
        return -EPERM;
    }
    return set_uids(ruid != UNCHANGED ? ruid : own->uid, euid != UNCHANGED ? euid : own->euid,
                    suid != UNCHANGED ? suid : own->suid);
}

SYSCALL(setresgid)(gid_t rgid, gid_t egid, gid_t sgid) {
    const struct credentials *own = credentials();
    bool own_ids = is_own_gid(own, rgid) && is_own_gid(own, egid) && is_own_gid(own, sgid);
    if (!may_set_gid() && !own_ids) {
        return -EPERM;
    }
    return set_gids(rgid != UNCHANGED ? rgid : own->gid, egid != UNCHANGED ? egid : own->egid,
                    sgid != UNCHANGED ? sgid : own->sgid);
}

// setfsuid(2): gives back the old id, whether or not it has changed.
SYSCALL(setfsuid)(uid_t uid) {
    struct credentials *own = credentials();
    uid_t old = own->fsuid;
    if (uid != UNCHANGED && (may_set_uid() || is_own_uid(own, uid) || uid == old)) {
        own->fsuid = uid;
    }
    return old;
}

SYSCALL(setfsgid)(gid_t gid) {
    struct credentials *own = credentials();
    gid_t old = own->fsgid;
    if (gid != UNCHANGED && (may_set_gid() || is_own_gid(own, gid) || gid == old)) {
        own->fsgid = gid;
    }
    return old;
}

SYSCALL(getgroups)(int size, gid_t __user *list) {
    const struct credentials *own = credentials();
    if (size < 0 || (size > 0 && (uint32_t)size < own->group_count)) {
        return -EINVAL;
    }
    if (size > 0 && copy_to_user(list, own->groups, own->group_count * sizeof(gid_t)) != 0) {
        return -EFAULT;
    }
    return own->group_count;
}

SYSCALL(setgroups)(int size, const gid_t __user *list) {
    struct credentials *own = credentials();
    if (!may_set_gid()) {
        return -EPERM;
    }
    if (size < 0 || (size_t)size > ARRAY_SIZE(own->groups)) {
        return -EINVAL;
    }
    gid_t groups[ARRAY_SIZE(own->groups)];
    if (copy_from_user(groups, list, (size_t)size * sizeof(gid_t)) != 0) {
        return -EFAULT;
    }
    for (int i = 0; i < size; i++) {
        own->groups[i] = groups[i];
    }
    own->group_count = (uint32_t)size;
    return 0;
}
