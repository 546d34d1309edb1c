// Files without a name: memfd_create, O_TMPFILE, and what is unlinked while it is open.
//
// syscalls: memfd_create openat linkat unlinkat
// status: 0
// expect: memfd /memfd:note (deleted) links 0 size 5
// expect: opened again hello
// expect: tmpfile links 0
// expect: named 0 links 1
// expect: unlinked links 0 still hello
// expect: not named again 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64], text[64];

static const char *descriptor_path(int fd) {
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

static unsigned links(int fd) {
    struct stat status;
    fstat(fd, &status);
    return (unsigned)status.st_nlink;
}

int main(void) {
    int memory = memfd_create("note", 0);
    int size = (int)write(memory, "hello", 5);
    text[readlink(descriptor_path(memory), text, sizeof(text) - 1)] = '\0';
    printf("memfd %s links %u size %d\n", text, links(memory), size);
    memset(text, 0, sizeof(text));
    read(open(descriptor_path(memory), O_RDONLY), text, sizeof(text));
    printf("opened again %s\n", text);

    int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    write(file, "hello", 5);
    printf("tmpfile links %u\n", links(file));
    int linked = linkat(AT_FDCWD, descriptor_path(file), AT_FDCWD, "/tmp/named", AT_SYMLINK_FOLLOW);
    printf("named %d links %u\n", linked, links(file));
    unlink("/tmp/named");
    memset(text, 0, sizeof(text));
    pread(file, text, sizeof(text), 0);
    printf("unlinked links %u still %s\n", links(file), text);
    linked = linkat(AT_FDCWD, descriptor_path(file), AT_FDCWD, "/tmp/named", AT_SYMLINK_FOLLOW);
    printf("not named again %d\n", linked == -1 && errno == ENOENT);
    return 0;
}
