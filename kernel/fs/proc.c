// The tree of /proc: directories, inodes, mounting.
#include "proc.h"

#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "clock.h"
#include "file.h"
#include "heap.h"
#include "path.h"
#include "report.h"
#include "root.h"
#include "string.h"
#include "thread.h"

enum { PROC_MINOR = 24, DIRECTORY_MODE = S_IFDIR | 0555 };
enum { NUMBER_ROOT = 1, NUMBER_PROCESS = 2 }; // proc_system.c and proc_process.c: from 8 and 32

static const struct inode_ops root_ops;

const struct proc_node proc_process_node = {.mode = DIRECTORY_MODE,
                                            .number = NUMBER_PROCESS,
                                            .ops = &proc_directory_ops,
                                            .children = proc_process_children};
static const struct proc_node root_node = {.mode = DIRECTORY_MODE,
                                           .number = NUMBER_ROOT,
                                           .ops = &root_ops,
                                           .children = proc_root_children};

// --- inodes -------------------------------------------------------------------------------------

void proc_destroy(struct inode *inode) {
    heap_free(proc_inode(inode));
}

void proc_statfs(UNUSED const struct inode *inode, struct statfs *space) {
    *space = (struct statfs){.f_type = PROC_SUPER_MAGIC,
                             .f_bsize = PAGE_SIZE,
                             .f_frsize = PAGE_SIZE,
                             .f_namelen = NAME_MAX};
}

struct inode *proc_inode_new(const struct proc_node *node, pid_t pid, int fd) {
    struct proc_inode *new = heap_alloc_zeroed(sizeof(*new));
    if (new == NULL) {
        return NULL;
    }
    const struct process *process = pid == 0 ? NULL : process_find(pid);
    struct inode *inode = &new->inode;
    new->node = node;
    new->pid = pid;
    new->fd = fd;
    inode->ops = node->ops;
    inode->references = 1;
    inode->mode = node->mode;
    inode->device = DEVICE_NUMBER(0, PROC_MINOR);
    inode->number = (uint64_t)pid << 32 | (uint64_t)(fd + 1) << 8 | node->number;
    inode->uid = process == NULL ? 0 : process->credentials.euid;
    inode->gid = process == NULL ? 0 : process->credentials.egid;
    inode->links = S_ISDIR(node->mode) ? 2 : 1;
    inode_touch(inode, INODE_ATIME | INODE_MTIME | INODE_CTIME);
    return inode;
}

struct process *proc_process(const struct inode *inode) {
    return process_find(proc_inode(inode)->pid);
}

// --- directories --------------------------------------------------------------------------------

static const struct proc_node *find_child(const struct proc_node *node, const char *name,
                                          size_t length) {
    for (const struct proc_node *child = node->children; child->name != NULL; child++) {
        if (strlen(child->name) == length && memcmp(child->name, name, length) == 0) {
            return child;
        }
    }
    return NULL;
}

static int give(struct inode *inode, struct inode **result) {
    *result = inode;
    return inode == NULL ? -ENOMEM : 0;
}

static int lookup(struct inode *dir, const char *name, size_t length, struct inode **result) {
    const struct proc_node *child = find_child(proc_inode(dir)->node, name, length);
    if (child == NULL || (proc_inode(dir)->pid != 0 && proc_process(dir) == NULL)) {
        return -ENOENT;
    }
    return give(proc_inode_new(child, proc_inode(dir)->pid, -1), result);
}

static pid_t pid_named(const char *name, size_t length) {
    pid_t pid = 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9' || pid > INT32_MAX / 10 - 1) {
            return 0;
        }
        pid = pid * 10 + (name[i] - '0');
    }
    return length > 0 && name[0] != '0' ? pid : 0;
}

static int lookup_in_root(struct inode *dir, const char *name, size_t length,
                          struct inode **result) {
    const struct proc_node *child = find_child(proc_inode(dir)->node, name, length);
    if (child != NULL) {
        return give(proc_inode_new(child, 0, -1), result);
    }
    pid_t pid = pid_named(name, length);
    if (pid == 0 || process_find(pid) == NULL) {
        return -ENOENT;
    }
    return give(proc_inode_new(&proc_process_node, pid, -1), result);
}

bool proc_emit_dots(struct file *file, struct dir_sink *sink) {
    static const char dots[] = "..";
    const struct path_entry *parent = file->entry->parent;
    while (file->offset < PROC_NAMES_START) {
        bool up = file->offset == 1 && parent != NULL;
        uint64_t number = (up ? parent->inode : file->inode)->number;
        size_t length = (size_t)file->offset + 1;
        if (!sink->emit(sink, dots, length, number, S_IFDIR >> PROC_TYPE_SHIFT, file->offset + 1)) {
            return false;
        }
        file->offset++;
    }
    return true;
}

static bool emit_children(struct file *file, struct dir_sink *sink) {
    const struct proc_node *child = proc_inode(file->inode)->node->children;
    for (off_t position = PROC_NAMES_START; child->name != NULL; child++, position++) {
        if (position < file->offset) {
            continue;
        }
        uint8_t type = (uint8_t)((child->mode & S_IFMT) >> PROC_TYPE_SHIFT);
        uint64_t number = (uint64_t)proc_inode(file->inode)->pid << 32 | child->number;
        if (!sink->emit(sink, child->name, strlen(child->name), number, type, position + 1)) {
            return false;
        }
        file->offset = position + 1;
    }
    return true;
}

static int readdir(struct file *file, struct dir_sink *sink) {
    if (proc_emit_dots(file, sink)) {
        emit_children(file, sink);
    }
    return 0;
}

// The process with the lowest number from here on.
static struct process *next_process(pid_t from) {
    struct process *next = NULL;
    FOR_EACH_PROCESS(process) {
        if (process->pid >= from && (next == NULL || process->pid < next->pid)) {
            next = process;
        }
    }
    return next;
}

enum { PROCESSES_START = 256 }; // position of process 0 in /proc

static int readdir_root(struct file *file, struct dir_sink *sink) {
    if (!proc_emit_dots(file, sink) ||
        (file->offset < PROCESSES_START && !emit_children(file, sink))) {
        return 0;
    }
    struct process *process;
    pid_t from = file->offset < PROCESSES_START ? 0 : (pid_t)(file->offset - PROCESSES_START);
    while ((process = next_process(from)) != NULL) {
        char name[16];
        int length = format_string(name, sizeof(name), "%d", process->pid);
        off_t next = PROCESSES_START + process->pid + 1;
        uint64_t number = (uint64_t)process->pid << 32 | NUMBER_PROCESS;
        if (!sink->emit(sink, name, (size_t)length, number, S_IFDIR >> PROC_TYPE_SHIFT, next)) {
            return 0;
        }
        file->offset = next;
        from = process->pid + 1;
    }
    return 0;
}

off_t proc_seek(struct file *file, off_t offset, int whence) {
    return file_seek(file, offset, whence, 0);
}

static int open_directory(UNUSED struct inode *inode, struct file *file) {
    static const struct file_ops ops = {.readdir = readdir, .seek = proc_seek};
    file->ops = &ops;
    return 0;
}

static int open_root(UNUSED struct inode *inode, struct file *file) {
    static const struct file_ops ops = {.readdir = readdir_root, .seek = proc_seek};
    file->ops = &ops;
    return 0;
}

const struct inode_ops proc_directory_ops = {
    .lookup = lookup, .open = open_directory, .statfs = proc_statfs, .destroy = proc_destroy};
static const struct inode_ops root_ops = {
    .lookup = lookup_in_root, .open = open_root, .statfs = proc_statfs, .destroy = proc_destroy};

// --- mounting -----------------------------------------------------------------------------------

static void mount_proc(void) {
    struct inode *root = proc_inode_new(&root_node, 0, -1);
    if (root == NULL) {
        return;
    }
    root_mount("proc", root);
    root_make_link("dev", "fd", "/proc/self/fd");
    root_make_link("dev", "stdin", "/proc/self/fd/0");
    root_make_link("dev", "stdout", "/proc/self/fd/1");
    root_make_link("dev", "stderr", "/proc/self/fd/2");
}
INITCALL(3, mount_proc);
