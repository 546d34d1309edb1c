// What /proc tells about the whole machine, each file in its form of proc(5).
//
// syscalls: openat read close
// status: 0
// expect: cpuinfo: processors 1 features 1
// expect: meminfo: free of total 1
// expect: uptime: numbers 2
// expect: loadavg: numbers 3 of threads 1
// expect: stat: cpu 1 btime 1
// expect: filesystems: tmpfs 1
// qemu-user: shows the host's

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *text_of(const char *path) {
    static char text[8192];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return "";
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int count(const char *text, const char *word) {
    int found = 0;
    for (; (text = strstr(text, word)) != NULL; text++) {
        found++;
    }
    return found;
}

static long number_behind(const char *text, const char *word) {
    const char *place = strstr(text, word);
    long number = -1;
    return place != NULL && sscanf(place + strlen(word), "%ld", &number) == 1 ? number : -1;
}

int main(void) {
    const char *text = text_of("/proc/cpuinfo");
    printf("cpuinfo: processors %d", count(text, "processor\t: "));
    printf(" features %d\n", count(text, "\nisa\t\t: rv64ima") + count(text, "\nFeatures\t: fp asimd "));

    text = text_of("/proc/meminfo");
    long total = number_behind(text, "MemTotal:"), free_now = number_behind(text, "MemFree:");
    printf("meminfo: free of total %d\n", free_now > 0 && free_now < total);

    double up, idle, loads[3];
    printf("uptime: numbers %d\n", sscanf(text_of("/proc/uptime"), "%lf %lf", &up, &idle));

    int running, threads;
    int found = sscanf(text_of("/proc/loadavg"), "%lf %lf %lf %d/%d", &loads[0], &loads[1],
                       &loads[2], &running, &threads);
    printf("loadavg: numbers %d of threads %d\n", found - 2, threads);

    text = text_of("/proc/stat");
    long boot = number_behind(text, "btime");
    printf("stat: cpu %d btime %d\n", count(text, "cpu0 "), boot > 0 && boot <= time(NULL));
    printf("filesystems: tmpfs %d\n", count(text_of("/proc/filesystems"), "nodev\ttmpfs\n"));
    return 0;
}
