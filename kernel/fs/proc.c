// The trees of /proc and /sys: directories, inodes, mounting.
#include "proc.h"

#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "clock.h"
#include "file.h"
#include "heap.h"
#include "mounts.h"
#include "path.h"
#include "report.h"
#include "root.h"
#include "string.h"
#include "thread.h"

enum { DIRECTORY_MODE = S_IFDIR | 0555, FIRST_MINOR = 22 };

SET_DECLARE(proc_root, struct proc_node);

static const struct inode_ops root_ops;

static const struct proc_node process_node = PROC_DIRECTORY(NULL, proc_process_children);
static const struct proc_node root_node = {
    .mode = DIRECTORY_MODE, .ops = &root_ops, .children = proc_root_children};

// --- inodes -------------------------------------------------------------------------------------

void proc_destroy(struct inode *inode) {
    heap_free(proc_inode(inode));
}

void proc_statfs(const struct inode *inode, struct statfs *space) {
    bool is_sysfs = strcmp(mount_type(inode->device), "sysfs") == 0;
    *space = (struct statfs){.f_type = is_sysfs ? SYSFS_MAGIC : PROC_SUPER_MAGIC,
                             .f_bsize = PAGE_SIZE,
                             .f_frsize = PAGE_SIZE,
                             .f_namelen = NAME_MAX};
}

// Where the node lies in the kernel, who it is of, which descriptor, whether of one thread alone.
enum { NODE_BITS = 19, DESCRIPTOR_BITS = 21, ID_BITS = 22 };

uint64_t proc_number(const struct proc_node *node, const struct proc_inode *of) {
    uint64_t place = (uint64_t)node / sizeof(void *) & ((1UL << NODE_BITS) - 1);
    uint64_t id = (uint64_t)(of->tid != 0 ? of->tid : of->pid);
    uint64_t whose = (uint64_t)(of->tid != 0) << ID_BITS | id;
    return (whose << DESCRIPTOR_BITS | (uint64_t)(of->fd + 1)) << NODE_BITS | place;
}

struct inode *proc_inode_new(const struct proc_node *node, const struct proc_inode *of) {
    struct proc_inode *new = heap_alloc_zeroed(sizeof(*new));
    if (new == NULL) {
        return NULL;
    }
    const struct process *process = of->pid == 0 ? NULL : process_find(of->pid);
    struct inode *inode = &new->inode;
    new->node = node;
    new->pid = of->pid;
    new->tid = of->tid;
    new->fd = of->fd;
    inode->ops = node->ops;
    inode->references = 1;
    inode->mode = node->mode;
    inode->device = of->inode.device;
    inode->number = proc_number(node, of);
    inode->uid = process == NULL ? 0 : process->credentials.euid;
    inode->gid = process == NULL ? 0 : process->credentials.egid;
    inode->links = S_ISDIR(node->mode) ? 2 : 1;
    inode_touch(inode, INODE_ATIME | INODE_MTIME | INODE_CTIME);
    return inode;
}

struct process *proc_process(const struct inode *inode) {
    return process_find(proc_inode(inode)->pid);
}

bool proc_subject(const struct inode *inode, struct proc_subject *subject) {
    const struct proc_inode *of = proc_inode(inode);
    *subject = (struct proc_subject){.is_task = of->tid != 0, .fd = of->fd};
    if (of->pid == 0) {
        return true;
    }
    subject->process = process_find(of->pid);
    if (subject->process == NULL || list_empty(&subject->process->threads)) {
        return false;
    }
    subject->thread = LIST_FIRST(&subject->process->threads, struct thread, process_node);
    if (of->tid != 0) {
        subject->thread = thread_find(of->tid);
    }
    return subject->thread != NULL && subject->thread->process == subject->process;
}

// --- directories --------------------------------------------------------------------------------

static bool is_named(const struct proc_node *node, const char *name, size_t length) {
    return strlen(node->name) == length && memcmp(node->name, name, length) == 0;
}

static const struct proc_node *find_child(const struct proc_node *node, const char *name,
                                          size_t length) {
    for (const struct proc_node *child = node->children; child->name != NULL; child++) {
        if (is_named(child, name, length)) {
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
    struct proc_subject subject;
    if (child == NULL || !proc_subject(dir, &subject)) {
        return -ENOENT;
    }
    return give(proc_inode_new(child, proc_inode(dir)), result);
}

int proc_parse_number(const char *name, size_t length) {
    int number = 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9' || number > INT32_MAX / 10 - 1) {
            return -1;
        }
        number = number * 10 + (name[i] - '0');
    }
    return length > 1 && name[0] == '0' ? -1 : number;
}

static const struct proc_node *find_in_root(const char *name, size_t length) {
    SET_FOR_EACH (node, proc_root, struct proc_node) {
        if (is_named(node, name, length)) {
            return node;
        }
    }
    return find_child(&root_node, name, length);
}

static int lookup_in_root(struct inode *dir, const char *name, size_t length,
                          struct inode **result) {
    struct proc_inode of = *proc_inode(dir);
    const struct proc_node *child = find_in_root(name, length);
    if (child == NULL) {
        of.pid = proc_parse_number(name, length);
        child = &process_node;
        if (of.pid <= 0 || process_find(of.pid) == NULL) {
            return -ENOENT;
        }
    }
    return give(proc_inode_new(child, &of), result);
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

bool proc_emit_number(struct dir_sink *sink, int number, mode_t type, uint64_t inode, off_t next) {
    char name[16];
    int length = format_string(name, sizeof(name), "%d", number);
    return sink->emit(sink, name, (size_t)length, inode, (uint8_t)(type >> PROC_TYPE_SHIFT), next);
}

// One node, if it is not before the file's position.
static bool emit_node(struct file *file, struct dir_sink *sink, const struct proc_node *node,
                      off_t position) {
    if (position < file->offset) {
        return true;
    }
    uint8_t type = (uint8_t)((node->mode & S_IFMT) >> PROC_TYPE_SHIFT);
    uint64_t number = proc_number(node, proc_inode(file->inode));
    if (!sink->emit(sink, node->name, strlen(node->name), number, type, position + 1)) {
        return false;
    }
    file->offset = position + 1;
    return true;
}

// *position: of the first child; afterwards behind the last.
static bool emit_children(struct file *file, struct dir_sink *sink, off_t *position) {
    const struct proc_node *child = proc_inode(file->inode)->node->children;
    bool room = true;
    for (; room && child->name != NULL; child++, (*position)++) {
        room = emit_node(file, sink, child, *position);
    }
    return room;
}

static int readdir(struct file *file, struct dir_sink *sink) {
    off_t position = PROC_NAMES_START;
    if (proc_emit_dots(file, sink)) {
        emit_children(file, sink, &position);
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

static bool emit_root(struct file *file, struct dir_sink *sink) {
    off_t position = PROC_NAMES_START;
    if (!emit_children(file, sink, &position)) {
        return false;
    }
    SET_FOR_EACH (node, proc_root, struct proc_node) {
        if (!emit_node(file, sink, node, position++)) {
            return false;
        }
    }
    return true;
}

static int readdir_root(struct file *file, struct dir_sink *sink) {
    if (!proc_emit_dots(file, sink) || (file->offset < PROCESSES_START && !emit_root(file, sink))) {
        return 0;
    }
    struct process *process;
    struct proc_inode of = *proc_inode(file->inode);
    of.pid = file->offset < PROCESSES_START ? 0 : (pid_t)(file->offset - PROCESSES_START);
    while ((process = next_process(of.pid)) != NULL) {
        of.pid = process->pid;
        off_t next = PROCESSES_START + of.pid + 1;
        uint64_t number = proc_number(&process_node, &of);
        if (!proc_emit_number(sink, of.pid, S_IFDIR, number, next)) {
            return 0;
        }
        file->offset = next;
        of.pid++;
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

void proc_mount(const char *type, const char *directory, const struct proc_node *root) {
    static uint64_t minor = FIRST_MINOR;
    const struct proc_inode of = {.inode.device = DEVICE_NUMBER(0, minor), .fd = -1};
    minor++;
    struct inode *inode = proc_inode_new(root, &of);
    if (inode != NULL) {
        root_mount(type, directory, inode);
    }
}

static void mount_proc(void) {
    proc_mount("proc", "proc", &root_node);
    root_make_link("dev", "fd", "/proc/self/fd");
    root_make_link("dev", "stdin", "/proc/self/fd/0");
    root_make_link("dev", "stdout", "/proc/self/fd/1");
    root_make_link("dev", "stderr", "/proc/self/fd/2");
}
INITCALL(3, mount_proc);
