// Who and where: ids, uname, limits.
//
// syscalls: getuid getpid uname prlimit64 getppid
// status: 0
// expect: Linux
// expect: ids agree 1
// expect: pid 1
// expect: set 0
// expect: now 64
// expect: refused 1

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void) {
    struct utsname name;
    struct rlimit limit;
    uname(&name);
    printf("%s\n", name.sysname);
    printf("ids agree %d\n", getuid() == geteuid() && getgid() == getegid());
    printf("pid %d\n", getpid() > 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    printf("set %d\n", setrlimit(RLIMIT_NOFILE, &limit));
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("now %ld\n", (long)limit.rlim_cur);
    printf("refused %d\n", dup2(1, 64) == -1 && errno == EBADF);
    return 0;
}
