// What /proc tells about a process, its threads and descriptors, what can be set there; /sys.
//
// syscalls: openat read write close mount umount2
// status: 0
// expect: tasks 2, mine among them 1
// expect: name of the process proc_self, of the thread second
// expect: renamed through /proc: third
// expect: thread-self is the thread 1
// expect: status: thread is its own 1, of the process 1
// expect: fdinfo: pos 3, flags 02000000 (cloexec), mnt_id 1
// expect: limits: files 77 of 1048576
// expect: smaps: rss of 3 touched pages 12 kB, of flags rd wr
// expect: rollup sums them 1
// expect: mounts: tmpfs on /tmp/m 1, with its number and its device 1
// expect: gone 1
// expect: a bind shows what it is of: /inner on /tmp/b\040c
// expect: host name changed there too: elsewhere
// expect: too long 1, read only 1
// expect: uuids differ 1, boot_id stays 1
// expect: cpus 0, of sysfs 1
// qemu-user: shows the host's

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { SYSFS = 0x62656572 }; // <linux/magic.h>

static char text[65536];

static const char *text_of(const char *path) {
    int fd = open(path, O_RDONLY);
    ssize_t length = 0, part;
    while (fd >= 0 && (part = read(fd, text + length, sizeof text - 1 - length)) > 0) {
        length += part;
    }
    text[length] = '\0';
    close(fd);
    return text;
}

static long number_behind(const char *place, const char *word) {
    place = place == NULL ? NULL : strstr(place, word);
    return place == NULL ? -1 : strtol(place + strlen(word), NULL, 10);
}

static ssize_t set(const char *path, const char *value) {
    int fd = open(path, O_WRONLY | O_TRUNC);
    ssize_t done = write(fd, value, strlen(value));
    int error = errno;
    close(fd);
    errno = error;
    return done;
}

static sem_t ready, done;
static pid_t second;

static void *sleeper(void *unused) {
    char path[64], link[64] = {0}, expected[64];
    second = (pid_t)syscall(SYS_gettid);
    prctl(PR_SET_NAME, "second");
    sem_post(&ready);
    sem_wait(&done);
    readlink("/proc/thread-self", link, sizeof link - 1);
    snprintf(expected, sizeof expected, "%d/task/%d", getpid(), second);
    printf("thread-self is the thread %d\n", strcmp(link, expected) == 0);
    snprintf(path, sizeof path, "/proc/self/task/%d/status", second);
    printf("status: thread is its own %d,", number_behind(text_of(path), "\nPid:\t") == second);
    printf(" of the process %d\n", number_behind(text, "\nTgid:\t") == getpid());
    return unused;
}

static void threads(void) {
    pthread_t thread;
    char path[64];
    int tasks = 0, mine = 0;
    pthread_create(&thread, NULL, sleeper, NULL);
    sem_wait(&ready);
    DIR *dir = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        tasks += entry->d_name[0] != '.';
        mine += atoi(entry->d_name) == second;
    }
    closedir(dir);
    printf("tasks %d, mine among them %d\n", tasks, mine);
    text_of("/proc/self/comm");
    text[strcspn(text, "\n.")] = '\0';
    printf("name of the process %s,", text);
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", second);
    printf(" of the thread %s", text_of(path));
    set(path, "third");
    printf("renamed through /proc: %s", text_of(path));
    sem_post(&done);
    pthread_join(thread, NULL);
}

static void descriptors(void) {
    char path[64];
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    lseek(fd, 3, SEEK_SET);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    text_of(path);
    long flags = strtol(strstr(text, "flags:\t") + 7, NULL, 8);
    // Which of these two is O_LARGEFILE depends on the architecture.
    printf("fdinfo: pos %ld, flags 0%lo (%s),", number_behind(text, "pos:\t"),
           flags & ~0500000L, (flags & O_CLOEXEC) != 0 ? "cloexec" : "kept");
    printf(" mnt_id %ld\n", number_behind(text, "mnt_id:\t"));
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 77;
    setrlimit(RLIMIT_NOFILE, &limit);
    const char *files = strstr(text_of("/proc/self/limits"), "Max open files");
    long soft, hard;
    sscanf(files, "Max open files %ld %ld files", &soft, &hard);
    printf("limits: files %ld of %ld\n", soft, hard);
}

static void memory(void) {
    char *pages = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char start[32];
    mprotect(pages, 4096, PROT_READ); // an area of its own below, so that the start is the next page's
    for (int i = 1; i < 4; i++) {
        pages[i * 4096] = 1;
    }
    snprintf(start, sizeof start, "%08lx-", (unsigned long)pages + 4096);
    const char *area = strstr(text_of("/proc/self/smaps"), start);
    const char *flags = area == NULL ? NULL : strstr(area, "VmFlags: ");
    printf("smaps: rss of 3 touched pages %ld kB, of flags %.5s\n", number_behind(area, "Rss:"),
           flags == NULL ? "" : flags + 9);
    long sum = 0;
    for (const char *line = text; (line = strstr(line, "\nRss:")) != NULL; line++) {
        sum += number_behind(line, "Rss:");
    }
    long together = number_behind(text_of("/proc/self/smaps_rollup"), "Rss:");
    printf("rollup sums them %d\n", labs(together - sum) <= 64);
}

static void mounts(void) {
    char line[128];
    struct stat status;
    mkdir("/tmp/m", 0755);
    mount("none", "/tmp/m", "tmpfs", 0, NULL);
    stat("/tmp/m", &status);
    int listed = strstr(text_of("/proc/mounts"), "tmpfs /tmp/m tmpfs rw,relatime 0 0\n") != NULL;
    snprintf(line, sizeof line, " 1 0:%d / /tmp/m rw,relatime - tmpfs tmpfs rw\n",
             (int)(status.st_dev & 0xff));
    printf("mounts: tmpfs on /tmp/m %d,", listed);
    printf(" with its number and its device %d\n",
           strstr(text_of("/proc/self/mountinfo"), line) != NULL);
    mkdir("/tmp/m/inner", 0755);
    mkdir("/tmp/b c", 0755);
    mount("/tmp/m/inner", "/tmp/b c", NULL, MS_BIND, NULL);
    char *bound = strstr(text_of("/proc/self/mountinfo"), "/inner /tmp/b");
    char shown[64] = "nothing";
    char from[32], to[32];
    if (bound != NULL && sscanf(bound, "%31s %31s", from, to) == 2) {
        snprintf(shown, sizeof shown, "%s on %s", from, to);
    }
    umount("/tmp/b c");
    umount("/tmp/m");
    printf("gone %d\n", strstr(text_of("/proc/mounts"), "/tmp/") == NULL);
    printf("a bind shows what it is of: %s\n", shown);
}

static void settings(void) {
    char first[64], longest[80];
    struct utsname name;
    set("/proc/sys/kernel/hostname", "elsewhere\n");
    uname(&name);
    printf("host name changed there too: %s\n", name.nodename);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    int refused = set("/proc/sys/kernel/hostname", longest) == -1 && errno == EINVAL;
    printf("too long %d,", refused);
    printf(" read only %d\n", set("/proc/sys/kernel/pid_max", "9") == -1 && errno == EIO);
    strcpy(first, text_of("/proc/sys/kernel/random/uuid"));
    printf("uuids differ %d,", strlen(first) == 37 && strcmp(first, text_of("/proc/sys/kernel/random/uuid")) != 0);
    strcpy(first, text_of("/proc/sys/kernel/random/boot_id"));
    printf(" boot_id stays %d\n", strlen(first) == 37 && strcmp(first, text_of("/proc/sys/kernel/random/boot_id")) == 0);
    struct statfs space;
    statfs("/sys/devices", &space);
    printf("cpus %ld, of sysfs %d\n", strtol(text_of("/sys/devices/system/cpu/online"), NULL, 10),
           space.f_type == SYSFS);
}

int main(void) {
    prctl(PR_SET_NAME, "proc_self");
    sem_init(&ready, 0, 0);
    sem_init(&done, 0, 0);
    threads();
    descriptors();
    memory();
    mounts();
    settings();
    return 0;
}
