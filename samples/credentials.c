// Users and groups: root may become anybody, and nobody may become root.
//
// syscalls: getuid geteuid getgid getegid setresuid getresuid setresgid getresgid setreuid setregid setuid setgid setgroups getgroups setfsuid setfsgid
// status: 0
// expect: groups 0 2 20 30
// expect: gids 5 6 7
// expect: uids 0 8 0
// expect: fsuid was 8 now 9
// expect: back 0 0 0
// expect: nobody 65534 65534
// expect: refused 1 1
// expect: group 4

#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    gid_t groups[4] = {20, 30};
    int set = setgroups(2, groups);
    groups[0] = groups[1] = 0;
    int got = getgroups(4, groups);
    printf("groups %d %d %u %u\n", set, got, groups[0], groups[1]);
    uid_t r, e, s;
    gid_t rg, eg, sg;
    setresgid(5, 6, 7);
    getresgid(&rg, &eg, &sg);
    printf("gids %u %u %u\n", rg, eg, sg);
    setregid(4, 4);
    setresuid(-1, 8, -1);
    getresuid(&r, &e, &s);
    printf("uids %u %u %u\n", r, e, s);
    setreuid(-1, 0);
    seteuid(8);
    int before = setfsuid(8);
    seteuid(0);
    setfsuid(9);
    printf("fsuid was %d now %d\n", before, setfsuid(-1));
    setreuid(0, 0);
    getresuid(&r, &e, &s);
    printf("back %u %u %u\n", r, e, s);
    setfsgid(getegid());
    setgid(4);
    setuid(65534);
    printf("nobody %u %u\n", getuid(), geteuid());
    printf("refused %d %d\n", setuid(0) == -1 && errno == EPERM, setgid(0) == -1 && errno == EPERM);
    printf("group %u\n", getgid() == getegid() ? getgid() : 999);
    return 0;
}
