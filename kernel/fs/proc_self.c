// /proc/self and /proc/thread-self.
#include "proc.h"
#include "report.h"
#include "thread.h"

static ssize_t read_self(UNUSED struct inode *inode, char *buffer, size_t size_bytes) {
    return format_string(buffer, size_bytes, "%d", process_current()->pid);
}

static ssize_t read_thread_self(UNUSED struct inode *inode, char *buffer, size_t size_bytes) {
    const struct thread *thread = thread_current();
    return format_string(buffer, size_bytes, "%d/task/%d", thread->process->pid, thread->tid);
}

const struct inode_ops proc_self_ops = {
    .readlink = read_self, .statfs = proc_statfs, .destroy = proc_destroy};
const struct inode_ops proc_thread_self_ops = {
    .readlink = read_thread_self, .statfs = proc_statfs, .destroy = proc_destroy};
