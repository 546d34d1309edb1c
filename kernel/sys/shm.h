// System V shared memory, shmget(2): segments that live until they are removed and nobody has them
// attached. Each attachment is a file of its own, so that its areas hold it and the last of them
// gives it back.
#pragma once

#include <asm/shmbuf.h>
#include <linux/ipc.h>

#include "list.h"
#include "types.h"

struct file;

// <linux/shm.h> would bring a libc's <unistd.h>.
enum { SHM_HUGETLB = 04000, SHM_NORESERVE = 010000 };                                   // shmget(2)
enum { SHM_RDONLY = 010000, SHM_RND = 020000, SHM_REMAP = 040000, SHM_EXEC = 0100000 }; // shmat(2)
enum {
    SHM_LOCK = 11,
    SHM_UNLOCK = 12,
    SHM_STAT = 13,
    SHM_INFO = 14,
    SHM_STAT_ANY = 15
}; // shmctl(2)
struct shm_info {
    int used_ids;
    unsigned long shm_tot, shm_rss, shm_swp; // pages
    unsigned long swap_attempts, swap_successes;
};

#define SHM_SEGMENT_SIZE_MAX (UINT64_MAX - (1UL << 24)) // SHMMAX, as on Linux; SHMALL is the same
enum { SHM_SEGMENTS_MAX = 4096, SHM_INDEX_BITS = 15 };  // SHMMNI
enum { SHM_DEST = 01000, SHM_LOCKED = 02000 };          // shmctl(2), beside the mode's permissions

struct shm_segment {
    struct list node;        // of all, by index
    struct list attachments; // struct shm_attachment
    struct file *memory;     // its pages
    struct shmid64_ds ds;    // but for shm_nattch; mode has SHM_DEST once it is removed
    int id;                  // index, and above it how often the indexes were used up
    char name[24];           // in /proc/PID/maps
};

struct shm_attachment {
    struct list node;
    struct shm_segment *segment;
    struct file *file; // each area holds one reference
};

// sys/shm.c
extern struct list shm_segments;
struct shm_segment *shm_find(int id); // or NULL
int shm_index(const struct shm_segment *segment);
// May the current process do this (0444, 0222 and so on)? 0 or -EACCES.
int shm_permission(const struct shm_segment *segment, unsigned wanted);
uint64_t shm_attached(const struct shm_segment *segment); // the areas that have it
void shm_remove(struct shm_segment *segment);             // now, or when it is detached
void shm_free_if_unused(struct shm_segment *segment);
uint64_t shm_total_pages(void);
