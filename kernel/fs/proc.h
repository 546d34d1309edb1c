// proc(5): a table of nodes. Nothing is kept: an inode is made for whoever looks, and goes with
// him.
#pragma once

#include "proc_text.h"
#include "set.h"
#include "types.h"
#include "vfs.h"

struct dir_sink;
struct process;
struct proc_node;
struct thread;

// What an inode under /proc or /sys is: a node of the table, of a process or one of its threads (0:
// of none), and a descriptor's number below fd/ and fdinfo/.
struct proc_inode {
    struct inode inode;
    const struct proc_node *node;
    pid_t pid, tid;
    int fd;
};

static inline struct proc_inode *proc_inode(const struct inode *inode) {
    return CONTAINER_OF(inode, struct proc_inode, inode);
}

// Whom a file of /proc/PID is about.
struct proc_subject {
    const struct process *process;
    struct thread *thread; // its first one, or that of /proc/PID/task/TID
    bool is_task;          // of the thread alone
    int fd;                // below fdinfo/
};

// One write(2), NUL-terminated. 0 or -errno.
typedef int (*proc_write_fn)(const struct proc_subject *subject, const char *bytes, size_t length);

struct proc_node {
    const char *name;
    mode_t mode;
    const struct inode_ops *ops;
    const struct proc_node *children; // of a directory, up to one without a name
    proc_text_fn text;                // of a file
    proc_write_fn write;              // of a file; NULL: EACCES before it comes to that, or EIO
};

// Files and directories in tables of nodes.
#define PROC_FILE(name_, mode_, text_)                                                             \
    { .name = (name_), .mode = S_IFREG | (mode_), .ops = &proc_text_ops, .text = (text_) }
#define PROC_SETTING(name_, mode_, text_, write_)                                                  \
    {                                                                                              \
        .name = (name_), .mode = S_IFREG | (mode_), .ops = &proc_text_ops, .text = (text_),        \
        .write = (write_)                                                                          \
    }
#define PROC_LINK(name_, ops_)                                                                     \
    { .name = (name_), .mode = S_IFLNK | 0777, .ops = (ops_) }
#define PROC_DIRECTORY(name_, children_)                                                           \
    { .name = (name_), .mode = S_IFDIR | 0555, .ops = &proc_directory_ops, .children = (children_) }
// Something that another object puts into the root.
#define PROC_ROOT(id) SET_ENTRY(proc_root, 1, struct proc_node, proc_root_##id)

// proc.c: one reference. NULL: no memory. What `of` says of process and thread is taken over.
struct inode *proc_inode_new(const struct proc_node *node, const struct proc_inode *of);
uint64_t proc_number(const struct proc_node *node, const struct proc_inode *of); // the inode's
extern const struct inode_ops proc_directory_ops; // what `children` lists
// Process and thread of an inode; false: they have ended.
bool proc_subject(const struct inode *inode, struct proc_subject *subject);
struct process *proc_process(const struct inode *inode); // NULL: it has ended
void proc_destroy(struct inode *inode);
void proc_statfs(const struct inode *inode, struct statfs *space);
// "." and ".." at positions 0 and 1; more come from PROC_NAMES_START. False: no room.
bool proc_emit_dots(struct file *file, struct dir_sink *sink);
// A name that is a number: a process, a thread, a descriptor. -1: it is none.
int proc_parse_number(const char *name, size_t length);
bool proc_emit_number(struct dir_sink *sink, int number, mode_t type, uint64_t inode, off_t next);
off_t proc_seek(struct file *file, off_t offset, int whence);
enum { PROC_NAMES_START = 2, PROC_TYPE_SHIFT = 12 };
// The root of /proc or /sys, mounted at boot.
void proc_mount(const char *type, const char *directory, const struct proc_node *root);

extern const struct inode_ops proc_text_ops; // proc_text.c
// What other objects of /proc are made of.
extern const struct proc_node proc_process_children[], proc_root_children[];
extern const struct inode_ops proc_task_ops;                                  // proc_task.c
extern const struct inode_ops proc_self_ops, proc_thread_self_ops;            // proc_self.c
extern const struct inode_ops proc_fd_ops, proc_fdinfo_ops;                   // proc_fd.c
extern const struct inode_ops proc_exe_ops, proc_cwd_ops, proc_root_link_ops; // proc_link.c
void proc_maps(struct proc_text *text, const struct proc_subject *subject);   // proc_memory.c
void proc_smaps(struct proc_text *text, const struct proc_subject *subject);
void proc_smaps_rollup(struct proc_text *text, const struct proc_subject *subject);
void proc_limits(struct proc_text *text, const struct proc_subject *subject); // proc_limits.c
void proc_mounts(struct proc_text *text, const struct proc_subject *subject); // proc_mounts.c
void proc_mountinfo(struct proc_text *text, const struct proc_subject *subject);
