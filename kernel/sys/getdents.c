// getdents64(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>

#include "file.h"
#include "notify.h"
#include "string.h"
#include "syscall.h"
#include "usercopy.h"
#include "vfs.h"

// struct linux_dirent64; the name follows.
struct entry_header {
    uint64_t number;
    int64_t next;
    uint16_t size;
    uint8_t type;
} PACKED;

enum { HEADER_SIZE = sizeof(struct entry_header), ENTRY_ALIGN = 8, NAME_SIZE = 256 };

struct user_sink {
    struct dir_sink sink;
    char __user *to;
    size_t room, used;
    int error;
};

static bool emit(struct dir_sink *sink, const char *name, size_t length, uint64_t inode_number,
                 uint8_t type, off_t next) {
    struct user_sink *out = CONTAINER_OF(sink, struct user_sink, sink);
    size_t size = (HEADER_SIZE + length + 1 + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
    if (size > out->room - out->used) {
        out->error = -EINVAL; // matters only when nothing has been written
        return false;
    }
    char buffer[HEADER_SIZE + NAME_SIZE + ENTRY_ALIGN] = {0};
    const struct entry_header header = {inode_number, next, (uint16_t)size, type};
    memcpy(buffer, &header, HEADER_SIZE);
    memcpy(buffer + HEADER_SIZE, name, length);
    if (copy_to_user(out->to + out->used, buffer, size) != 0) {
        out->error = -EFAULT;
        return false;
    }
    out->used += size;
    return true;
}

typedef int (*readdir_fn)(struct file *file, struct dir_sink *sink);

static readdir_fn find_readdir(const struct file *file) {
    if (file->ops->readdir != NULL || file->inode == NULL) {
        return file->ops->readdir;
    }
    return INODE_OPERATION(file->inode, readdir);
}

static long read_entries(struct file *file, struct user_sink *out) {
    readdir_fn readdir = find_readdir(file);
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (readdir == NULL) {
        return -ENOTDIR;
    }
    if (file->inode->links == 0) {
        return -ENOENT; // removed
    }
    int error = readdir(file, &out->sink);
    notify_file(file, IN_ACCESS);
    if (error == 0 && out->used == 0) {
        error = out->error;
    }
    return error != 0 ? error : (long)out->used;
}

SYSCALL(getdents64)(unsigned int fd, void __user *dirent, unsigned int count) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    struct user_sink out = {.sink.emit = emit, .to = dirent, .room = count};
    long result = read_entries(file, &out);
    file_release(file);
    return result;
}
