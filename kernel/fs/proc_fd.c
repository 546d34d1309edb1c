// /proc/PID/fd: a link per descriptor, which leads to the open file's inode whatever its text says;
// /proc/PID/fdinfo: a file per descriptor.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "fd.h"
#include "heap.h"
#include "mounts.h"
#include "path.h"
#include "proc.h"
#include "report.h"
#include "string.h"
#include "thread.h"

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

// --- fd ---------------------------------------------------------------------------------------

static const struct proc_node link_node = {.mode = S_IFLNK | 0700, .ops = &link_ops};

static int find(struct inode *dir, const char *name, size_t length, const struct proc_node *node,
                struct inode **result) {
    struct proc_inode of = *proc_inode(dir);
    of.fd = proc_parse_number(name, length);
    if (file_of(dir, of.fd) == NULL) {
        return -ENOENT;
    }
    *result = proc_inode_new(node, &of);
    return *result == NULL ? -ENOMEM : 0;
}

static int lookup_link(struct inode *dir, const char *name, size_t length, struct inode **result) {
    int error = find(dir, name, length, &link_node, result);
    if (error == 0) {
        (*result)->mode = link_mode(file_of(dir, proc_inode(*result)->fd));
        (*result)->size = 64; // as Linux has it
    }
    return error;
}

static int list_descriptors(struct file *file, struct dir_sink *sink,
                            const struct proc_node *node) {
    struct proc_inode of = *proc_inode(file->inode);
    const struct process *process = process_find(of.pid);
    if (process == NULL || process->files == NULL) {
        return -ENOENT;
    }
    if (!proc_emit_dots(file, sink)) {
        return 0;
    }
    for (size_t fd = (size_t)(file->offset - PROC_NAMES_START); fd < process->files->capacity;
         fd++) {
        off_t next = (off_t)fd + PROC_NAMES_START + 1;
        of.fd = (int)fd;
        if (process->files->slots[fd].file != NULL &&
            !proc_emit_number(sink, of.fd, node->mode & S_IFMT, proc_number(node, &of), next)) {
            return 0;
        }
        file->offset = next;
    }
    return 0;
}

static int readdir_links(struct file *file, struct dir_sink *sink) {
    return list_descriptors(file, sink, &link_node);
}

static int open_links(UNUSED struct inode *inode, struct file *file) {
    static const struct file_ops ops = {.readdir = readdir_links, .seek = proc_seek};
    file->ops = &ops;
    return 0;
}

const struct inode_ops proc_fd_ops = {
    .lookup = lookup_link, .open = open_links, .statfs = proc_statfs, .destroy = proc_destroy};

// --- fdinfo -------------------------------------------------------------------------------------

static void information(struct proc_text *text, const struct proc_subject *subject) {
    const struct fd_table *table = subject->process->files;
    if (table == NULL || (size_t)subject->fd >= table->capacity) {
        return;
    }
    const struct fd_slot *slot = &table->slots[subject->fd];
    const struct file *file = slot->file;
    if (file == NULL) {
        return;
    }
    uint32_t flags = file->flags | (slot->close_on_exec ? O_CLOEXEC : 0);
    uint64_t device = file->inode == NULL ? 0 : file->inode->device;
    uint64_t inode = file->inode != NULL ? file->inode->number : file_anonymous_number(file);
    proc_add(text, "pos:\t%ld\nflags:\t0", (long)file->offset);
    proc_add_octal(text, flags, 1);
    proc_add(text, "\nmnt_id:\t%u\nino:\t%lu\n", mount_id(device), inode);
}

static const struct proc_node information_node = PROC_FILE(NULL, 0444, information);

static int lookup_information(struct inode *dir, const char *name, size_t length,
                              struct inode **result) {
    return find(dir, name, length, &information_node, result);
}

static int readdir_information(struct file *file, struct dir_sink *sink) {
    return list_descriptors(file, sink, &information_node);
}

static int open_information(UNUSED struct inode *inode, struct file *file) {
    static const struct file_ops ops = {.readdir = readdir_information, .seek = proc_seek};
    file->ops = &ops;
    return 0;
}

const struct inode_ops proc_fdinfo_ops = {.lookup = lookup_information,
                                          .open = open_information,
                                          .statfs = proc_statfs,
                                          .destroy = proc_destroy};
