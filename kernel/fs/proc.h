// proc(5): a table of nodes. Nothing is kept: an inode is made for whoever looks, and goes with
// him.
#pragma once

#include "proc_text.h"
#include "types.h"
#include "vfs.h"

struct dir_sink;
struct process;
struct proc_node;

// What an inode under /proc is: a node of the table, of a process (0: of none), and a descriptor's
// number below fd/.
struct proc_inode {
    struct inode inode;
    const struct proc_node *node;
    pid_t pid;
    int fd;
};

static inline struct proc_inode *proc_inode(const struct inode *inode) {
    return CONTAINER_OF(inode, struct proc_inode, inode);
}

struct proc_node {
    const char *name;
    mode_t mode;
    unsigned number; // part of the inode's
    const struct inode_ops *ops;
    const struct proc_node *children; // of a directory, up to one without a name
    proc_text_fn text;                // of a file
};

// proc.c: one reference. NULL: no memory.
struct inode *proc_inode_new(const struct proc_node *node, pid_t pid, int fd);
extern const struct proc_node proc_process_node;  // /proc/PID
extern const struct inode_ops proc_directory_ops; // what `children` lists
// The process of an inode; NULL: it has ended.
struct process *proc_process(const struct inode *inode);
void proc_destroy(struct inode *inode);
void proc_statfs(const struct inode *inode, struct statfs *space);
// "." and ".." at positions 0 and 1; more come from PROC_NAMES_START. False: no room.
bool proc_emit_dots(struct file *file, struct dir_sink *sink);
off_t proc_seek(struct file *file, off_t offset, int whence);
enum { PROC_NAMES_START = 2, PROC_TYPE_SHIFT = 12 };
// proc_text.c, proc_process.c, proc_system.c
extern const struct inode_ops proc_text_ops;
extern const struct proc_node proc_process_children[], proc_root_children[];
// proc_self.c, proc_fd.c, proc_link.c
extern const struct inode_ops proc_self_ops, proc_fd_ops, proc_exe_ops, proc_cwd_ops,
    proc_root_link_ops;
