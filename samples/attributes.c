// Modes, owners, times and umask.
//
// syscalls: fchmodat fchownat utimensat newfstatat umask faccessat
// status: 0
// expect: mode 640
// expect: mode 750
// expect: times 0
// expect: 1000.5 2000.7
// expect: access 0 -1
// expect: chown 0

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    struct stat status;
    umask(027);
    close(open("/tmp/attributes", O_CREAT | O_WRONLY, 0666));
    stat("/tmp/attributes", &status);
    printf("mode %o\n", (unsigned)status.st_mode & 07777);
    chmod("/tmp/attributes", 0750);
    stat("/tmp/attributes", &status);
    printf("mode %o\n", (unsigned)status.st_mode & 07777);
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    printf("times %d\n", utimensat(AT_FDCWD, "/tmp/attributes", times, 0));
    stat("/tmp/attributes", &status);
    printf("%ld.%ld %ld.%ld\n", (long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
           (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    printf("access %d %d\n", access("/tmp/attributes", R_OK | X_OK), access("/tmp/none", F_OK));
    printf("chown %d\n", chown("/tmp/attributes", getuid(), getgid()));
    unlink("/tmp/attributes");
    return 0;
}
