// System V shared memory: segments by key and by id, attached twice, read-only, over something else, in pieces; limits,
// permissions, removal.
//
// syscalls: shmget shmat shmdt shmctl
// qemu-user: attaches over something else by itself, and knows no SHM_STAT_ANY
// status: 0
// expect: absent ENOENT, empty EINVAL, exclusive EEXIST, larger EINVAL, same 1, private differs 1
// expect: hopeless ENOMEM
// expect: size 10000, mode 640, creator 1 1, attached 0, never detached 1
// expect: through a second mapping 42, attached 2, mine 1, end of page 0
// expect: write to read-only 0, may become writable EACCES
// expect: bad address EINVAL, rounded 1, taken EINVAL, replaced 42, replace anywhere EINVAL
// expect: cut attached 2, detached 0, again EINVAL, still zero 1, detached 0 0
// expect: mode 600 1, bad owner EINVAL, locked 2000, unlocked 0
// expect: as another: read EACCES, status EACCES, any 1, lock EPERM, remove EPERM
// expect: removed: mode 3600, key gone ENOENT, by id 42, gone EINVAL
// expect: negative EINVAL, unknown EINVAL, no segment EINVAL EINVAL
// expect: used 0, limits 1 4096

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "errno_name.h"

enum { KEY = 0x4d495048, SIZE = 10000, PAGE = 4096, OTHER_USER = 1000 };

static struct shmid_ds status(int id) {
    struct shmid_ds ds = {0};
    shmctl(id, IPC_STAT, &ds);
    return ds;
}

static const char *result(long value) {
    return value < 0 ? errno_name(value) : "0";
}

static const char *attaching(int id, const void *address, int flags) {
    return result((long)shmat(id, address, flags));
}

static void get(int id) {
    printf("absent %s", result(shmget(KEY + 1, SIZE, 0600)));
    printf(", empty %s", result(shmget(KEY + 1, 0, IPC_CREAT | 0600)));
    printf(", exclusive %s", result(shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | 0600)));
    printf(", larger %s", result(shmget(KEY, SIZE + 1, 0)));
    int private = shmget(IPC_PRIVATE, 1, 0600);
    printf(", same %d, private differs %d\n", shmget(KEY, 1, IPC_CREAT | 0600) == id, private != id);
    shmctl(private, IPC_RMID, NULL);
    printf("hopeless %s\n", result(shmget(KEY + 1, 1UL << 50, IPC_CREAT | 0600)));
    struct shmid_ds ds = status(id);
    printf("size %zu, mode %o, creator %d %d, attached %lu, never detached %d\n", ds.shm_segsz, ds.shm_perm.mode,
           ds.shm_perm.cuid == geteuid(), ds.shm_cpid == getpid(), ds.shm_nattch, ds.shm_dtime == 0);
}

static void attach(int id) {
    int *one = shmat(id, NULL, 0);
    const int *other = shmat(id, NULL, SHM_RDONLY);
    one[0] = 42;
    struct shmid_ds ds = status(id);
    printf("through a second mapping %d, attached %lu, mine %d, end of page %d\n", other[0], ds.shm_nattch,
           ds.shm_lpid == getpid() && ds.shm_atime != 0, one[(SIZE + PAGE - 1) / PAGE * PAGE / sizeof *one - 1]);
    printf("write to read-only %s", result(mprotect((void *)other, PAGE, PROT_READ)));
    printf(", may become writable %s\n", result(mprotect((void *)other, PAGE, PROT_READ | PROT_WRITE)));
    shmdt(one);
    shmdt(other);
}

static void place(int id) {
    char *room = mmap(NULL, 8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("bad address %s", attaching(id, room + 1, 0));
    munmap(room + 4 * PAGE, 4 * PAGE);
    char *rounded = shmat(id, room + 4 * PAGE + 17, SHM_RND);
    printf(", rounded %d", rounded == room + 4 * PAGE);
    printf(", taken %s", attaching(id, room, 0));
    char *replaced = shmat(id, room, SHM_REMAP);
    printf(", replaced %d", *(int *)replaced);
    printf(", replace anywhere %s\n", attaching(id, NULL, SHM_REMAP));
    shmdt(replaced);
    munmap(rounded + PAGE, PAGE);
    printf("cut attached %lu", status(id).shm_nattch);
    printf(", detached %s", result(shmdt(rounded)));
    printf(", again %s, still zero %d", result(shmdt(rounded)), status(id).shm_nattch == 0);
    char *first = shmat(id, NULL, 0), *second = shmat(id, NULL, 0);
    munmap(first, PAGE);
    printf(", detached %s %s\n", result(shmdt(first)), result(shmdt(second)));
}

static void change(int id) {
    struct shmid_ds ds = status(id);
    ds.shm_perm.mode = 0177600;
    ds.shm_ctime = 0;
    shmctl(id, IPC_SET, &ds);
    printf("mode %o %d", status(id).shm_perm.mode, status(id).shm_ctime != 0);
    ds.shm_perm.uid = (uid_t)-1;
    printf(", bad owner %s", result(shmctl(id, IPC_SET, &ds)));
    shmctl(id, SHM_LOCK, NULL);
    printf(", locked %o", status(id).shm_perm.mode & 07000);
    shmctl(id, SHM_UNLOCK, NULL);
    printf(", unlocked %o\n", status(id).shm_perm.mode & 07000);
}

static void as_another(int id) {
    struct shmid_ds ds;
    seteuid(OTHER_USER);
    printf("as another: read %s", attaching(id, NULL, SHM_RDONLY));
    printf(", status %s", result(shmctl(id, IPC_STAT, &ds)));
    printf(", any %d", shmctl(id & 0x7fff, SHM_STAT_ANY, &ds) == id);
    printf(", lock %s", result(shmctl(id, SHM_LOCK, NULL)));
    printf(", remove %s\n", result(shmctl(id, IPC_RMID, NULL)));
    seteuid(0);
}

static void take_away(int id) {
    int *memory = shmat(id, NULL, 0);
    shmctl(id, SHM_LOCK, NULL);
    shmctl(id, IPC_RMID, NULL);
    printf("removed: mode %o", status(id).shm_perm.mode);
    printf(", key gone %s", result(shmget(KEY, 1, 0)));
    int *again = shmat(id, NULL, 0);
    printf(", by id %d", *again);
    shmdt(memory);
    shmdt(again);
    printf(", gone %s\n", attaching(id, NULL, 0));
}

int main(void) {
    int id = shmget(KEY, SIZE, IPC_CREAT | 0640);
    get(id);
    attach(id);
    place(id);
    change(id);
    as_another(id);
    take_away(id);
    struct shmid_ds ds;
    printf("negative %s", result(shmctl(-1, IPC_STAT, &ds)));
    printf(", unknown %s", result(shmctl(0, 99, &ds)));
    printf(", no segment %s %s\n", result(shmctl(77, IPC_RMID, NULL)), result(shmdt(&ds)));
    struct shm_info use;
    struct shminfo limits;
    shmctl(0, SHM_INFO, (void *)&use);
    shmctl(0, IPC_INFO, (void *)&limits);
    printf("used %d, limits %lu %lu\n", use.used_ids, limits.shmmin, limits.shmmni);
    return 0;
}
