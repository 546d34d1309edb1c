// shmctl(2).
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/stat.h>

#include "clock.h"
#include "memory.h"
#include "path.h"
#include "shm.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

enum { SEGMENT_SIZE_MIN = 1, READ_PERMISSION = 0444, ANY_PERMISSION = 0777 };
enum { NOT_AN_ID = UINT32_MAX };

static int highest_index(void) {
    bool none = list_empty(&shm_segments);
    return none ? 0 : shm_index(LIST_ENTRY(shm_segments.prev, struct shm_segment, node));
}

static long tell_limits(void __user *to) {
    const struct shminfo64 limits = {.shmmax = SHM_SEGMENT_SIZE_MAX,
                                     .shmmin = SEGMENT_SIZE_MIN,
                                     .shmmni = SHM_SEGMENTS_MAX,
                                     .shmseg = SHM_SEGMENTS_MAX,
                                     .shmall = SHM_SEGMENT_SIZE_MAX};
    return copy_to_user(to, &limits, sizeof(limits)) != 0 ? -EFAULT : highest_index();
}

static long tell_use(void __user *to) {
    struct shm_info use = {.shm_tot = shm_total_pages()};
    LIST_FOR_EACH (segment, &shm_segments, struct shm_segment, node) {
        use.used_ids++;
        use.shm_rss += memory_shared_pages(segment->memory);
    }
    return copy_to_user(to, &use, sizeof(use)) != 0 ? -EFAULT : highest_index();
}

static struct shm_segment *find_index(int index) {
    LIST_FOR_EACH (segment, &shm_segments, struct shm_segment, node) {
        if (shm_index(segment) == index) {
            return segment;
        }
    }
    return NULL;
}

static long tell(const struct shm_segment *segment, void __user *to, int command) {
    int error = command == SHM_STAT_ANY ? 0 : shm_permission(segment, READ_PERMISSION);
    if (error != 0) {
        return error;
    }
    struct shmid64_ds ds = segment->ds;
    ds.shm_nattch = shm_attached(segment);
    if (copy_to_user(to, &ds, sizeof(ds)) != 0) {
        return -EFAULT;
    }
    return command == IPC_STAT ? 0 : segment->id;
}

static bool is_owner(const struct shm_segment *segment) {
    const struct credentials *who = credentials_current();
    return who->euid == segment->ds.shm_perm.cuid || who->euid == segment->ds.shm_perm.uid;
}

static bool may_change(const struct shm_segment *segment) {
    return is_owner(segment) || credentials_capable(credentials_current(), CAP_SYS_ADMIN);
}

static long change(struct shm_segment *segment, const struct ipc64_perm *wanted) {
    struct ipc64_perm *perm = &segment->ds.shm_perm;
    if (!may_change(segment)) {
        return -EPERM;
    }
    if (wanted->uid == NOT_AN_ID || wanted->gid == NOT_AN_ID) {
        return -EINVAL;
    }
    perm->uid = wanted->uid;
    perm->gid = wanted->gid;
    perm->mode = (perm->mode & ~(unsigned)ANY_PERMISSION) | (wanted->mode & ANY_PERMISSION);
    segment->ds.shm_ctime = (long)(clock_realtime_ns() / NSEC_PER_SEC);
    return 0;
}

// Nothing is ever swapped out: all that is left of it is who may do it, and that it can be seen.
static long lock(struct shm_segment *segment, bool on) {
    const struct process *process = process_current();
    if (!credentials_capable(credentials_current(), CAP_IPC_LOCK)) {
        bool has_limit = process->limits[RLIMIT_MEMLOCK].current != 0;
        if (!is_owner(segment) || (on && !has_limit)) {
            return -EPERM;
        }
    }
    unsigned mode = segment->ds.shm_perm.mode & ~(unsigned)SHM_LOCKED;
    segment->ds.shm_perm.mode = mode | (on ? SHM_LOCKED : 0);
    return 0;
}

static long remove(struct shm_segment *segment) {
    if (!may_change(segment)) {
        return -EPERM;
    }
    shm_remove(segment);
    return 0;
}

static long control(struct shm_segment *segment, int command, void __user *buffer,
                    const struct ipc64_perm *wanted) {
    switch (command) {
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
        return tell(segment, buffer, command);
    case IPC_SET:
        return change(segment, wanted);
    case IPC_RMID:
        return remove(segment);
    case SHM_LOCK:
    case SHM_UNLOCK:
        return lock(segment, command == SHM_LOCK);
    default:
        return -EINVAL;
    }
}

SYSCALL(shmctl)(int id, int command, void __user *buffer) {
    if (id < 0 || command < 0) {
        return -EINVAL;
    }
    if (command == IPC_INFO) {
        return tell_limits(buffer);
    }
    if (command == SHM_INFO) {
        return tell_use(buffer);
    }
    struct shmid64_ds wanted = {0};
    if (command == IPC_SET && copy_from_user(&wanted, buffer, sizeof(wanted)) != 0) {
        return -EFAULT;
    }
    bool by_index = command == SHM_STAT || command == SHM_STAT_ANY;
    struct shm_segment *segment = by_index ? find_index(id) : shm_find(id);
    return segment == NULL ? -EINVAL : control(segment, command, buffer, &wanted.shm_perm);
}
