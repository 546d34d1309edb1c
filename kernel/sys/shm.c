// shmget(2), and the list of segments.
#include "shm.h"

#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/stat.h>

#include "clock.h"
#include "file.h"
#include "heap.h"
#include "memory.h"
#include "page.h"
#include "path.h"
#include "report.h"
#include "syscall.h"
#include "thread.h"

// Linux gives an index again only after this many others, or half as many more as are in use.
enum { INDEX_CYCLE_MIN = 64, INDEX_MASK = (1 << SHM_INDEX_BITS) - 1, ANY_PERMISSION = 0777 };

struct list shm_segments = LIST_INIT(shm_segments);
static size_t segment_count;
static int last_index = -1, sequence;

#define FOR_EACH_SEGMENT(item) LIST_FOR_EACH (item, &shm_segments, struct shm_segment, node)

int shm_index(const struct shm_segment *segment) {
    return segment->id & INDEX_MASK;
}

struct shm_segment *shm_find(int id) {
    FOR_EACH_SEGMENT(segment) {
        if (segment->id == id) {
            return segment;
        }
    }
    return NULL;
}

static struct shm_segment *find_key(__kernel_key_t key) {
    FOR_EACH_SEGMENT(segment) {
        if (key != IPC_PRIVATE && segment->ds.shm_perm.key == key) {
            return segment;
        }
    }
    return NULL;
}

int shm_permission(const struct shm_segment *segment, unsigned wanted) {
    const struct ipc64_perm *perm = &segment->ds.shm_perm;
    const struct credentials *who = credentials_current();
    unsigned needed = wanted >> 6 | wanted >> 3 | wanted;
    unsigned granted = perm->mode;
    if (who->euid == perm->cuid || who->euid == perm->uid) {
        granted >>= 6;
    } else if (credentials_in_group(who, perm->cgid) || credentials_in_group(who, perm->gid)) {
        granted >>= 3;
    }
    bool allowed = (needed & ~granted & S_IRWXO) == 0;
    return allowed || credentials_capable(who, CAP_IPC_OWNER) ? 0 : -EACCES;
}

uint64_t shm_attached(const struct shm_segment *segment) {
    uint64_t count = 0;
    LIST_FOR_EACH (attachment, &segment->attachments, struct shm_attachment, node) {
        count += attachment->file->references;
    }
    return count;
}

uint64_t shm_total_pages(void) {
    uint64_t count = 0;
    FOR_EACH_SEGMENT(segment) {
        count += PAGE_UP(segment->ds.shm_segsz) >> PAGE_SHIFT;
    }
    return count;
}

void shm_free_if_unused(struct shm_segment *segment) {
    if ((segment->ds.shm_perm.mode & SHM_DEST) == 0 || !list_empty(&segment->attachments)) {
        return;
    }
    list_remove(&segment->node);
    segment_count--;
    file_release(segment->memory);
    heap_free(segment);
}

void shm_remove(struct shm_segment *segment) {
    segment->ds.shm_perm.mode |= SHM_DEST;
    segment->ds.shm_perm.key = IPC_PRIVATE; // nobody finds it any more
    shm_free_if_unused(segment);
}

// The next index that is free, and the place in the list before which it comes.
static int take_index(struct list **before) {
    int limit = MAX(INDEX_CYCLE_MIN, (int)segment_count * 3 / 2);
    int index = last_index + 1 < limit ? last_index + 1 : 0;
    *before = &shm_segments;
    FOR_EACH_SEGMENT(segment) {
        int taken = shm_index(segment);
        if (taken > index) {
            *before = &segment->node;
            break;
        }
        index += taken == index ? 1 : 0;
    }
    if (index <= last_index) {
        sequence = (sequence + 1) & (INT32_MAX >> SHM_INDEX_BITS);
    }
    last_index = index;
    return index;
}

static void describe(struct shm_segment *segment, __kernel_key_t key, size_t size, int flags) {
    const struct credentials *who = credentials_current();
    segment->ds = (struct shmid64_ds){
        .shm_perm = {.key = key,
                     .uid = who->euid,
                     .gid = who->egid,
                     .cuid = who->euid,
                     .cgid = who->egid,
                     .mode = (unsigned)flags & ANY_PERMISSION},
        .shm_segsz = size,
        .shm_ctime = (long)(clock_realtime_ns() / NSEC_PER_SEC),
        .shm_cpid = process_current()->pid,
    };
    struct list *before;
    int index = take_index(&before);
    segment->id = sequence << SHM_INDEX_BITS | index;
    segment->ds.shm_perm.seq = (unsigned short)sequence;
    format_string(segment->name, sizeof(segment->name), "/SYSV%08x (deleted)", (unsigned)key);
    list_insert_after(before->prev, &segment->node);
    segment_count++;
}

static int create(__kernel_key_t key, size_t size, int flags) {
    if (size == 0 || size > SHM_SEGMENT_SIZE_MAX) {
        return -EINVAL;
    }
    if (segment_count >= SHM_SEGMENTS_MAX) {
        return -ENOSPC;
    }
    bool hopeless =
        PAGE_UP(size) >> PAGE_SHIFT > page_total_count() && (flags & SHM_NORESERVE) == 0;
    if (hopeless || (flags & SHM_HUGETLB) != 0) {
        return -ENOMEM; // no huge pages are set aside
    }
    struct shm_segment *segment = heap_alloc_zeroed(sizeof(*segment));
    if (segment == NULL) {
        return -ENOMEM;
    }
    segment->memory = memory_shared_new(size);
    if (segment->memory == NULL) {
        heap_free(segment);
        return -ENOMEM;
    }
    list_init(&segment->attachments);
    describe(segment, key, size, flags);
    return segment->id;
}

SYSCALL(shmget)(int key, size_t size, int flags) {
    struct shm_segment *segment = find_key(key);
    if (segment == NULL) {
        bool may_create = key == IPC_PRIVATE || (flags & IPC_CREAT) != 0;
        return may_create ? create(key, size, flags) : -ENOENT;
    }
    if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL)) {
        return -EEXIST;
    }
    if (size > segment->ds.shm_segsz) {
        return -EINVAL;
    }
    int error = shm_permission(segment, (unsigned)flags);
    return error != 0 ? error : segment->id;
}
