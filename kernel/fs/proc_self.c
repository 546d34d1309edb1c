// /proc/self.
#include "proc.h"
#include "report.h"
#include "thread.h"

static ssize_t read_self(UNUSED struct inode *inode, char *buffer, size_t size_bytes) {
    return format_string(buffer, size_bytes, "%d", process_current()->pid);
}

const struct inode_ops proc_self_ops = {
    .readlink = read_self, .statfs = proc_statfs, .destroy = proc_destroy};
