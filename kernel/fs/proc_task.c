// /proc/PID/task: a directory per thread, with what /proc/PID has but for itself.
#include <asm/errno.h>
#include <linux/stat.h>

#include "file.h"
#include "proc.h"
#include "thread.h"

static const struct proc_node thread_node = PROC_DIRECTORY(NULL, proc_process_children + 1);

static int lookup(struct inode *dir, const char *name, size_t length, struct inode **result) {
    struct proc_inode of = *proc_inode(dir);
    of.tid = proc_parse_number(name, length);
    const struct thread *thread = of.tid <= 0 ? NULL : thread_find(of.tid);
    if (thread == NULL || thread->process->pid != of.pid) {
        return -ENOENT;
    }
    *result = proc_inode_new(&thread_node, &of);
    return *result == NULL ? -ENOMEM : 0;
}

// The thread with the lowest number from here on.
static const struct thread *next_thread(const struct process *process, pid_t from) {
    const struct thread *next = NULL;
    FOR_EACH_THREAD (thread, process) {
        if (thread->tid >= from && (next == NULL || thread->tid < next->tid)) {
            next = thread;
        }
    }
    return next;
}

static int readdir(struct file *file, struct dir_sink *sink) {
    struct proc_inode of = *proc_inode(file->inode);
    const struct process *process = process_find(of.pid);
    if (process == NULL) {
        return -ENOENT;
    }
    if (!proc_emit_dots(file, sink)) {
        return 0;
    }
    const struct thread *thread;
    pid_t from = (pid_t)(file->offset - PROC_NAMES_START);
    while ((thread = next_thread(process, from)) != NULL) {
        of.tid = thread->tid;
        from = thread->tid + 1;
        off_t next = from + PROC_NAMES_START;
        if (!proc_emit_number(sink, of.tid, S_IFDIR, proc_number(&thread_node, &of), next)) {
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

const struct inode_ops proc_task_ops = {
    .lookup = lookup, .open = open_directory, .statfs = proc_statfs, .destroy = proc_destroy};
