// /proc/PID/fd: a link per descriptor, which leads to the open file's inode whatever its text says.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "fd.h"
#include "heap.h"
#include "path.h"
#include "proc.h"
#include "report.h"
#include "string.h"
#include "thread.h"

enum { NUMBER_DESCRIPTOR = 64 };

static const struct inode_ops link_ops;

static struct file *file_of(const struct inode *inode, int fd) {
    const struct process *process = proc_process(inode);
    const struct fd_table *table = process == NULL ? NULL : process->files;
    return table == NULL || fd < 0 || (size_t)fd >= table->capacity ? NULL : table->slots[fd].file;
}

// --- links --------------------------------------------------------------------------------------

static ssize_t describe(const struct file *file, char *buffer, size_t size_bytes) {
    mode_t mode = file->inode != NULL ? file->inode->mode : file->anonymous_mode;
    unsigned long number = file->inode != NULL ? file->inode->number : file_anonymous_number(file);
    if (S_ISFIFO(mode)) {
        return format_string(buffer, size_bytes, "pipe:[%lu]", number);
    }
    if (S_ISSOCK(mode)) {
        return format_string(buffer, size_bytes, "socket:[%lu]", number);
    }
    return format_string(buffer, size_bytes, S_ISCHR(mode) ? "/dev/console" : "anon_inode:[file]");
}

static ssize_t read_link(struct inode *inode, char *buffer, size_t size_bytes) {
    const struct file *file = file_of(inode, proc_inode(inode)->fd);
    if (file == NULL) {
        return -ENOENT;
    }
    if (file->entry == NULL || file->entry->name == NULL) {
        return describe(file, buffer, size_bytes);
    }
    char *space = heap_alloc(PATH_MAX);
    if (space == NULL) {
        return -ENOMEM;
    }
    const char *text = path_entry_text(file->entry, fs_context_current()->root, space, PATH_MAX);
    ssize_t length = -ENAMETOOLONG;
    if (text != NULL) {
        length = (ssize_t)MIN(strlen(text), size_bytes);
        memcpy(buffer, text, (size_t)length);
    }
    heap_free(space);
    return length;
}

static int follow(struct inode *inode, struct path_entry **target) {
    struct file *file = file_of(inode, proc_inode(inode)->fd);
    return file == NULL ? -ENOENT : path_entry_of_file(file, target);
}

static const struct inode_ops link_ops = {
    .readlink = read_link, .follow = follow, .statfs = proc_statfs, .destroy = proc_destroy};

// Which way the link's permissions point, the file may be used.
static mode_t link_mode(const struct file *file) {
    uint32_t access = file->flags & O_ACCMODE;
    return S_IFLNK | S_IXUSR | (access != O_WRONLY ? S_IRUSR : 0) |
           (access != O_RDONLY ? S_IWUSR : 0);
}

// --- the directory ------------------------------------------------------------------------------

static int parse(const char *name, size_t length) {
    int fd = 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9' || fd > INT32_MAX / 10 - 1) {
            return -1;
        }
        fd = fd * 10 + (name[i] - '0');
    }
    return length > 1 && name[0] == '0' ? -1 : fd;
}

static int lookup(struct inode *dir, const char *name, size_t length, struct inode **result) {
    static const struct proc_node node = {
        .mode = S_IFLNK | 0700, .number = NUMBER_DESCRIPTOR, .ops = &link_ops};
    int fd = parse(name, length);
    const struct file *file = file_of(dir, fd);
    if (file == NULL) {
        return -ENOENT;
    }
    *result = proc_inode_new(&node, proc_inode(dir)->pid, fd);
    if (*result == NULL) {
        return -ENOMEM;
    }
    (*result)->mode = link_mode(file);
    (*result)->size = 64; // as Linux has it
    return 0;
}

static int readdir(struct file *file, struct dir_sink *sink) {
    const struct process *process = proc_process(file->inode);
    if (process == NULL || process->files == NULL) {
        return -ENOENT;
    }
    if (!proc_emit_dots(file, sink)) {
        return 0;
    }
    for (size_t fd = (size_t)(file->offset - PROC_NAMES_START); fd < process->files->capacity;
         fd++) {
        char name[16];
        int length = format_string(name, sizeof(name), "%zu", fd);
        off_t next = (off_t)fd + PROC_NAMES_START + 1;
        uint64_t number = (uint64_t)process->pid << 32 | (fd + 1) << 8 | NUMBER_DESCRIPTOR;
        if (process->files->slots[fd].file != NULL &&
            !sink->emit(sink, name, (size_t)length, number, S_IFLNK >> PROC_TYPE_SHIFT, next)) {
            return 0;
        }
        file->offset = next;
    }
    return 0;
}

static int open_directory(UNUSED struct inode *inode, struct file *file) {
    static const struct file_ops ops = {.readdir = readdir, .seek = proc_seek};
    file->ops = &ops;
    return 0;
}

const struct inode_ops proc_fd_ops = {
    .lookup = lookup, .open = open_directory, .statfs = proc_statfs, .destroy = proc_destroy};
