// A long random sequence of file system calls, with every result and, now and then, the whole tree
// printed. It has no expected output: what Linux's tmpfs says under qemu-user is what an image has
// to say.
//
//     random_files SEED STEPS DIRECTORY [user]
//
// DIRECTORY becomes the root. With `user` the second half runs as user 1000.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 8, PATH_SIZE = 64, BUFFER_SIZE = 100000, MAX_DEPTH = 12, DUMP_EVERY = 200 };
enum { USER = 1000, GROUP = 7 };

static uint64_t state;
static long step;
static int files[FILES] = {-1, -1, -1, -1, -1, -1, -1, -1};
static char given[BUFFER_SIZE], taken[BUFFER_SIZE];
static int as_user;

static unsigned pick(unsigned limit) {
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(state >> 33) % limit;
}

static int one_in(unsigned count) {
    return pick(count) == 0;
}

static const char *random_path(char *path) {
    static const char *const parts[] = {"a", "b", "c", "d", "e", "..", ".", "a/", "l"};
    path[0] = '\0';
    if (one_in(40)) {
        return strcpy(path, one_in(2) ? "" : "/");
    }
    unsigned count = 1 + pick(4) / 2 + pick(5) / 4;
    for (unsigned i = 0; i < count; i++) {
        strcat(path, i > 0 ? "/" : "");
        strcat(path, parts[pick(one_in(6) ? 9 : 5)]);
    }
    return one_in(20) ? strcat(path, "/") : path;
}

static long few_or_many(unsigned few, unsigned many) {
    return one_in(3) ? pick(many) : pick(few);
}

static unsigned hash(const char *bytes, long size) {
    unsigned value = 5381;
    for (long i = 0; i < size; i++) {
        value = value * 33 + (unsigned char)bytes[i];
    }
    return value;
}

static void told(const char *what, const char *path, long result) {
    printf("%ld %s %s %ld %d\n", step, what, path, result < 0 ? -1 : result,
           result < 0 ? errno : 0);
}

// --- calls ---------------------------------------------------------------------------------------

static void open_one(const char *path) {
    static const int access_modes[] = {O_RDONLY, O_WRONLY, O_RDWR};
    int flags = access_modes[pick(3)] | O_NONBLOCK;
    flags |= one_in(2) ? O_CREAT : 0;
    flags |= one_in(4) ? O_EXCL : 0;
    flags |= one_in(4) ? O_TRUNC : 0;
    flags |= one_in(5) ? O_APPEND : 0;
    flags |= one_in(6) ? O_NOFOLLOW : 0;
    flags |= one_in(12) ? O_PATH : 0;
    flags |= one_in(8) && (flags & O_CREAT) == 0 ? O_DIRECTORY : 0;
    int fd = open(path, flags, 0666);
    told("open", path, fd < 0 ? -1 : 0);
    if (fd >= 0) {
        int *slot = &files[pick(FILES)];
        close(*slot);
        *slot = fd;
    }
}

static void move_bytes(int fd) {
    long size = few_or_many(100, 60000);
    long offset = few_or_many(5000, 200000);
    long result;
    switch (pick(4)) {
    case 0:
        told("write", "", write(fd, given + pick(1000), (size_t)size));
        return;
    case 1:
        told("pwrite", "", pwrite(fd, given + pick(1000), (size_t)size, offset));
        return;
    case 2:
        result = read(fd, taken, (size_t)size);
        break;
    default:
        result = pread(fd, taken, (size_t)size, offset);
    }
    told("read", "", result);
    printf("  %u\n", hash(taken, result));
}

static void resize(int fd, const char *path) {
    static const int modes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE};
    long size = few_or_many(5000, 300000);
    switch (pick(4)) {
    case 0:
        told("ftruncate", "", ftruncate(fd, size));
        return;
    case 1:
        told("truncate", path, truncate(path, size));
        return;
    case 2:
        told("fallocate", "", fallocate(fd, modes[pick(3)], size, pick(50000)));
        return;
    default:
        told("lseek", "", lseek(fd, size / 2 - 20, (int)pick(3)));
    }
}

static int is_file(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static void transfer(int from, int to) {
    off_t source = pick(50000);
    off_t target = pick(100000);
    size_t size = pick(30000);
    if (from == to || !is_file(from) || !is_file(to)) {
        return;
    }
    if (one_in(2)) {
        told("sendfile", "", sendfile(to, from, &source, size));
    } else {
        told("copy_file_range", "", copy_file_range(from, &source, to, &target, size, 0));
    }
}

static void rename_one(const char *path, const char *other) {
    static const unsigned flags[] = {0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE};
    told("rename", path, renameat2(AT_FDCWD, path, AT_FDCWD, other, flags[pick(4)]));
}

static void change(const char *path) {
    static const mode_t modes[] = {0644, 0755, 0600,  04755, 02755, 01777,
                                   0700, 0770, 00077, 0,     02777, 06777};
    if (as_user && one_in(2)) {
        static const uid_t owners[] = {USER, 0, (uid_t)-1};
        static const gid_t groups[] = {USER, GROUP, (gid_t)-1};
        told("lchown", path, lchown(path, owners[pick(3)], groups[pick(3)]));
    } else {
        told("chmod", path, chmod(path, modes[pick(as_user ? 12 : 6)]));
    }
}

static void look(int fd, const char *path) {
    struct stat status = {0};
    long result;
    switch (pick(5)) {
    case 0:
        result = stat(path, &status);
        break;
    case 1:
        result = fstat(fd, &status);
        break;
    case 2:
        told("access", path, access(path, (int)pick(8)));
        return;
    case 3:
        result = readlink(path, taken, PATH_SIZE);
        told("readlink", path, result);
        printf("  %.*s\n", result > 0 ? (int)result : 0, taken);
        return;
    default:
        told("chdir", path, chdir(path));
        printf("  %s\n", getcwd(taken, BUFFER_SIZE) == NULL ? "gone" : taken);
        return;
    }
    told("stat", path, result);
    long size = S_ISDIR(status.st_mode) ? 0 : (long)status.st_size;
    printf("  %o %u %ld\n", status.st_mode, (unsigned)status.st_nlink, size);
}

static void random_call(void) {
    char first[PATH_SIZE], second[PATH_SIZE];
    const char *path = random_path(first);
    const char *other = random_path(second);
    int fd = files[pick(FILES)];
    errno = 0;
    switch (pick(15)) {
    case 0:
    case 1:
        return open_one(path);
    case 2:
    case 3:
    case 4:
        return move_bytes(fd);
    case 5:
    case 6:
        return resize(fd, path);
    case 7:
        return transfer(fd, files[pick(FILES)]);
    case 8:
        return rename_one(path, other);
    case 9:
        return change(path);
    case 10:
        return look(fd, path);
    case 11:
        return told("mkdir", path, mkdir(path, 0755));
    case 12:
        return told("link", path, link(path, other));
    case 13:
        return told("symlink", path, symlink(path[0] == '/' ? "a" : path, other));
    default:
        return told("remove", path, one_in(2) ? unlink(path) : rmdir(path));
    }
}

// --- the tree ------------------------------------------------------------------------------------

static void print_file(const char *path, const struct stat *status) {
    int fd = open(path, O_RDONLY);
    char *bytes = malloc((size_t)status->st_size + 1);
    long size = read(fd, bytes, (size_t)status->st_size + 1);
    printf(" size %ld blocks %ld read %ld %u", (long)status->st_size, (long)status->st_blocks, size,
           hash(bytes, size));
    free(bytes);
    close(fd);
}

static void print_tree(const char *folder, int depth) {
    struct dirent **entries;
    int count = depth > MAX_DEPTH ? 0 : scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat status;
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        int hidden = entries[i]->d_name[0] == '.';
        free(entries[i]);
        if (hidden || lstat(path, &status) != 0) {
            continue;
        }
        printf("%s %o %u %u:%u", path, status.st_mode, (unsigned)status.st_nlink, status.st_uid,
               status.st_gid);
        if (S_ISREG(status.st_mode)) {
            print_file(path, &status);
        }
        printf("\n");
        if (S_ISDIR(status.st_mode)) {
            print_tree(path, depth + 1);
        }
    }
    if (count > 0) {
        free(entries);
    }
}

static void dump(void) {
    int here = open(".", O_RDONLY | O_DIRECTORY);
    if (chdir("/") == 0) {
        print_tree(".", 0);
    }
    if (here >= 0 && fchdir(here) == 0) {
        close(here);
    }
}

static void become_user(void) {
    const gid_t groups[] = {GROUP};
    if (setgroups(1, groups) != 0 || setresgid(USER, USER, USER) != 0 ||
        setresuid(USER, USER, USER) != 0) {
        perror("setresuid");
    }
}

int main(int count, char **arguments) {
    if (count < 4 || chdir(arguments[3]) != 0 || chroot(".") != 0) {
        perror("random_files");
        return 1;
    }
    state = strtoul(arguments[1], NULL, 10) * 7919 + 13;
    long steps = strtol(arguments[2], NULL, 10);
    as_user = count > 4;
    umask(022);
    for (int i = 0; i < BUFFER_SIZE; i++) {
        given[i] = (char)(i * 31 + i / 253);
    }
    for (step = 0; step < steps; step++) {
        if (as_user && step == steps / 2) {
            become_user();
        }
        if (one_in(40) && chdir("/") != 0) {
            perror("chdir");
        }
        random_call();
        if (step % DUMP_EVERY == DUMP_EVERY - 1) {
            dump();
        }
    }
    return 0;
}
