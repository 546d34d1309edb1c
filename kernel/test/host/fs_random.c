// Random calls on a few names and descriptors. What Linux says to such calls is compared elsewhere
// (tests/qemu/random_files.c); here it matters that the sanitizers have nothing to say, that
// nothing is left behind, and that running out of memory at any point is survived.
#include <asm/errno.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "fs_machine.h"
#include "report.h"
#include "set.h"
#include "string.h"

enum {
    STEPS = 20000,
    FDS = 10,
    FDS_MAX = 64,
    PATH_SIZE = 64,
    BUFFER_SIZE = 20000,
    OFFSETS = 60000,
    NONBLOCK = 2, // SPLICE_F_NONBLOCK
};

static char buffer[BUFFER_SIZE];

static long path_argument(char *path) {
    static const char *const parts[] = {"a",    "b",  "c", "file", "folder",
                                        "link", "..", ".", "inner"};
    size_t length = 0;
    for (size_t count = 1 + host_pick(3); count > 0; count--) {
        const char *part = parts[host_pick(ARRAY_SIZE(parts))];
        length += strlcpy(path + length, part, PATH_SIZE - length);
        path[length++] = '/';
    }
    path[host_pick(20) == 0 ? length : length - 1] = '\0';
    return (long)path;
}

static long fd(void) {
    return (long)host_pick(FDS);
}

static long bytes(void) {
    return (long)host_pick(host_pick(2) == 0 ? 50 : BUFFER_SIZE);
}

static void open_random(long path) {
    static const int flags[] = {O_CREAT,    O_EXCL, O_TRUNC,   O_APPEND, O_DIRECTORY,
                                O_NOFOLLOW, O_PATH, O_TMPFILE, O_RDWR};
    long wanted = host_pick(3) | O_NONBLOCK;
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        wanted |= host_pick(4) == 0 ? flags[i] : 0;
    }
    sys_openat(AT_FDCWD, path, wanted, 0644);
}

static void transfer_random(void) {
    off_t from = (off_t)host_pick(OFFSETS);
    off_t to = (off_t)host_pick(OFFSETS);
    switch (host_pick(8)) {
    case 0:
        sys_write(fd(), (long)buffer, bytes());
        break;
    case 1:
        sys_read(fd(), (long)buffer, bytes());
        break;
    case 2:
        sys_pwrite64(fd(), (long)buffer, bytes(), from);
        break;
    case 3:
        sys_pread64(fd(), (long)buffer, bytes(), from);
        break;
    case 4:
        sys_sendfile(fd(), fd(), (long)&from, bytes());
        break;
    case 5:
        sys_splice(fd(), host_pick(2) == 0 ? 0 : (long)&from, fd(), 0, bytes(), NONBLOCK);
        break;
    case 6:
        sys_tee(fd(), fd(), bytes(), NONBLOCK);
        break;
    default:
        sys_copy_file_range(fd(), (long)&from, fd(), (long)&to, bytes(), 0);
    }
}

static void resize_random(long path) {
    static const long modes[] = {0, FALLOC_FL_KEEP_SIZE,
                                 FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE};
    long at = (long)host_pick(OFFSETS);
    switch (host_pick(4)) {
    case 0:
        sys_truncate(path, at);
        break;
    case 1:
        sys_ftruncate(fd(), at);
        break;
    case 2:
        sys_fallocate(fd(), modes[host_pick(3)], at, bytes());
        break;
    default:
        sys_lseek(fd(), at, (long)host_pick(5));
    }
}

static void name_random(long path, long other) {
    switch (host_pick(7)) {
    case 0:
        sys_mkdirat(AT_FDCWD, path, 0755);
        break;
    case 1:
        sys_unlinkat(AT_FDCWD, path, host_pick(2) == 0 ? AT_REMOVEDIR : 0);
        break;
    case 2:
        sys_linkat(AT_FDCWD, path, AT_FDCWD, other, host_pick(2) == 0 ? AT_SYMLINK_FOLLOW : 0);
        break;
    case 3:
        sys_symlinkat(path, AT_FDCWD, other);
        break;
    case 4:
        sys_mknodat(AT_FDCWD, path, host_pick(2) == 0 ? S_IFIFO | 0600 : S_IFREG | 0600, 0);
        break;
    default:
        sys_renameat2(AT_FDCWD, path, AT_FDCWD, other, (long)host_pick(3));
    }
}

static void read_proc(void) {
    static const char *const names[] = {
        "stat",           "meminfo",     "self/stat",       "self/status", "self/cmdline",
        "self/maps",      "mounts",      "self/exe",        "self/task",   "self/smaps",
        "self/mountinfo", "self/limits", "self/fdinfo/3",   "version",     "thread-self/status",
        "devices",        "self/fdinfo", "thread-self/comm"};
    format_string(buffer, sizeof(buffer), "/proc/%s", names[host_pick(ARRAY_SIZE(names))]);
    long opened = sys_openat(AT_FDCWD, (long)buffer, O_RDONLY, 0);
    sys_read(opened, (long)buffer, BUFFER_SIZE);
    sys_close(opened);
}

static void look_random(long path) {
    int pair[2];
    switch (host_pick(8)) {
    case 0:
        sys_newfstatat(AT_FDCWD, path, (long)buffer, 0);
        break;
    case 1:
        sys_readlinkat(AT_FDCWD, path, (long)buffer, BUFFER_SIZE);
        break;
    case 2:
        sys_getdents64(fd(), (long)buffer, bytes());
        break;
    case 3:
        sys_chdir(path);
        break;
    case 4:
        sys_getcwd((long)buffer, BUFFER_SIZE);
        break;
    case 5:
        sys_pipe2((long)pair, O_NONBLOCK);
        break;
    case 6:
        read_proc();
        break;
    default:
        format_string(buffer, sizeof(buffer), "/proc/self/fd/%ld", fd());
        sys_openat(AT_FDCWD, (long)buffer, (long)host_pick(3) | O_NONBLOCK, 0);
    }
}

static const char *const xattr_names[] = {"user.a", "trusted.b", "security.c", "user.d"};

static void xattr_random(long path) {
    long name = (long)xattr_names[host_pick(ARRAY_SIZE(xattr_names))];
    switch (host_pick(4)) {
    case 0:
        sys_removexattr(path, name);
        break;
    case 1:
        sys_flistxattr(fd(), (long)buffer, bytes());
        break;
    default:
        sys_setxattr(path, name, (long)buffer, (long)host_pick(100), (long)host_pick(3));
    }
}

static void attribute_random(long path) {
    switch (host_pick(10)) {
    case 0:
        sys_fchmodat(AT_FDCWD, path, (long)host_pick(010000));
        break;
    case 1:
        sys_fchmod(fd(), (long)host_pick(010000));
        break;
    case 2:
        sys_fchownat(AT_FDCWD, path, (long)host_pick(3), -1, 0);
        break;
    case 3:
        sys_fchown(fd(), -1, (long)host_pick(3));
        break;
    case 4:
        sys_utimensat(AT_FDCWD, path, 0, AT_SYMLINK_NOFOLLOW);
        break;
    case 5:
        sys_statx(fd(), (long)"", AT_EMPTY_PATH, 0, (long)buffer);
        break;
    case 6:
        sys_faccessat(AT_FDCWD, path, (long)host_pick(8));
        break;
    case 7:
        sys_statfs(path, (long)buffer);
        break;
    case 8:
        xattr_random(path);
        break;
    default:
        sys_fstat(fd(), (long)buffer);
    }
}

static void lock_random(void) {
    struct flock lock = {.l_type = (short)host_pick(3),
                         .l_start = (off_t)host_pick(20),
                         .l_len = (off_t)host_pick(10)};
    static const long commands[] = {F_GETLK, F_SETLK, F_OFD_GETLK, F_OFD_SETLK};
    if (host_pick(3) == 0) {
        static const long operations[] = {LOCK_SH, LOCK_EX, LOCK_UN};
        sys_flock(fd(), operations[host_pick(3)] | LOCK_NB);
    } else {
        sys_fcntl(fd(), commands[host_pick(ARRAY_SIZE(commands))], (long)&lock);
    }
}

static void watch_random(long path) {
    if (host_pick(4) == 0) {
        sys_inotify_init1(O_NONBLOCK);
    } else {
        sys_inotify_add_watch(fd(), path, (long)(host_pick(IN_ALL_EVENTS + 1) | IN_ONESHOT));
        sys_inotify_add_watch(fd(), path, IN_ALL_EVENTS);
    }
}

static void descriptor_random(long path) {
    switch (host_pick(9)) {
    case 0:
        sys_dup(fd());
        break;
    case 1:
        sys_dup3(fd(), fd(), 0);
        break;
    case 2:
        sys_memfd_create((long)"name", 0);
        break;
    case 3:
        sys_fchdir(fd());
        break;
    case 4:
        sys_fcntl(fd(), F_SETPIPE_SZ, (long)host_pick(200000));
        break;
    case 5:
        sys_fsync(fd());
        break;
    case 6:
        watch_random(path);
        break;
    default:
        lock_random();
    }
}

static void step(void) {
    char first[PATH_SIZE], second[PATH_SIZE];
    long path = path_argument(first);
    long other = path_argument(second);
    switch (host_pick(8)) {
    case 0:
        open_random(path);
        break;
    case 1:
        transfer_random();
        break;
    case 2:
        resize_random(path);
        break;
    case 3:
        name_random(path, other);
        break;
    case 4:
        look_random(path);
        break;
    case 5:
        attribute_random(path);
        break;
    case 6:
        descriptor_random(path);
        break;
    default:
        sys_close(fd());
    }
}

// --- what is left -------------------------------------------------------------------------------

struct entry {
    uint64_t number;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
} PACKED;

static void empty_directory(long dir, int depth);

static void remove_entry(long dir, const struct entry *entry, int depth) {
    if (sys_unlinkat(dir, (long)entry->name, 0) != -EISDIR) {
        return;
    }
    long below = sys_openat(dir, (long)entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (below >= 0) {
        empty_directory(below, depth + 1);
        sys_close(below);
    }
    sys_unlinkat(dir, (long)entry->name, AT_REMOVEDIR);
}

static bool is_of_boot(const char *name) {
    return strcmp(name, "proc") == 0 || strcmp(name, "sys") == 0 || strcmp(name, "dev") == 0;
}

// One name at a time, from the start again: what is gone needs no position.
static void empty_directory(long dir, int depth) {
    char entries[512];
    for (bool removed = true; removed;) {
        removed = false;
        sys_lseek(dir, 0, SEEK_SET);
        long size = sys_getdents64(dir, (long)entries, sizeof(entries));
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(entries + at);
            at += entry->size;
            if (entry->name[0] != '.' && !(depth == 0 && is_of_boot(entry->name))) {
                remove_entry(dir, entry, depth);
                removed = true;
            }
        }
    }
}

static void clean_up(void) {
    for (long i = 0; i < FDS_MAX; i++) {
        sys_close(i);
    }
    sys_chdir((long)"/");
    long root = sys_openat(AT_FDCWD, (long)"/", O_RDONLY | O_DIRECTORY, 0);
    EXPECT(root >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(xattr_names); i++) {
        sys_removexattr((long)"/", (long)xattr_names[i]);
    }
    empty_directory(root, 0);
    sys_close(root);
}

static void boot(void) {
    host_seed();
    host_fs_start();
    SET_FOR_EACH (init, init, initcall_fn) {
        (*init)();
    }
}

static void start(void) {
    boot();
    clean_up(); // what the image has is gone from here on, and the root's names are in
}

TEST(random_calls_leave_nothing_behind) {
    start();
    size_t before = host_fs_in_use();
    for (int i = 0; i < STEPS; i++) {
        step();
    }
    clean_up();
    EXPECT_EQUAL(host_fs_in_use(), before);
}

TEST(random_calls_on_the_image_are_sound) {
    boot();
    for (int i = 0; i < STEPS; i++) {
        step();
    }
    clean_up();
}

TEST(random_calls_survive_without_memory) {
    start();
    size_t before = host_fs_in_use();
    for (int i = 0; i < STEPS; i++) {
        host_fs_fail_after(host_pick(4) == 0 ? host_pick(6) : SIZE_MAX);
        step();
    }
    host_fs_fail_after(SIZE_MAX);
    clean_up();
    EXPECT_EQUAL(host_fs_in_use(), before);
}
