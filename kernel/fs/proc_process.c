// Files of /proc/PID: proc_pid_*(5). What is not counted here is 0, as it is for a process that has
// none of it.
#include <linux/limits.h>
#include <linux/resource.h>
#include <linux/stat.h>

#include "arch.h"
#include "file.h"
#include "page.h"
#include "path.h"
#include "proc.h"
#include "signal.h"
#include "string.h"
#include "thread.h"
#include "vm.h"

enum { FILE_MODE = S_IFREG | 0444, SECRET_MODE = S_IFREG | 0400, LINK_MODE = S_IFLNK | 0777 };
enum { FIRST_NUMBER = 32, KIB_PER_PAGE = PAGE_SIZE / 1024, TTY_NUMBER = DEVICE_NUMBER(5, 1) };
#define TICK_NS (NSEC_PER_SEC / 100) // USER_HZ

// --- from its memory -----------------------------------------------------------------------------

// What is present; it ends where a page is not.
static void add_memory(struct proc_text *text, struct address_space *space, uint64_t start,
                       uint64_t end) {
    while (start < end) {
        const pte_t *slot = vm_pte(space, start, false);
        if (slot == NULL || !pte_present(*slot)) {
            return;
        }
        size_t part = MIN(PAGE_SIZE - (start & ~PAGE_MASK), end - start);
        proc_add_bytes(text, (const char *)pa_to_va(pte_pa(*slot)) + (start & ~PAGE_MASK), part);
        start += part;
    }
}

static void cmdline(struct proc_text *text, const struct process *process) {
    if (process->space != NULL) {
        add_memory(text, process->space, process->space->arg_start, process->space->arg_end);
    }
}

static void environ(struct proc_text *text, const struct process *process) {
    if (process->space != NULL) {
        add_memory(text, process->space, process->space->env_start, process->space->env_end);
    }
}

static void auxv(struct proc_text *text, const struct process *process) {
    if (process->space != NULL) {
        add_memory(text, process->space, process->space->auxv_start, process->space->auxv_end);
    }
}

// --- maps ----------------------------------------------------------------------------------------

enum { NAME_COLUMN = 73 };

static void add_area_name(struct proc_text *text, const struct process *process,
                          const struct vm_area *area) {
    static char path[PATH_MAX]; // one for all: nothing here sleeps
    const char *name = area->name;
    if (area->file != NULL && area->file->entry != NULL) {
        name = path_entry_text(area->file->entry, path_root(), path, sizeof(path));
    } else if (area->file != NULL && name == NULL) {
        name = process->executable; // it was mapped before there were names
    }
    if (name != NULL) {
        proc_add_bytes(text, name, strlen(name));
    }
}

static void add_area(struct proc_text *text, const struct process *process,
                     const struct vm_area *area) {
    const struct inode *inode = area->file == NULL ? NULL : area->file->inode;
    size_t start = text->length;
    proc_add(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", area->start, area->end,
             (area->prot & PROT_BIT_READ) != 0 ? 'r' : '-',
             (area->prot & PROT_BIT_WRITE) != 0 ? 'w' : '-',
             (area->prot & PROT_BIT_EXEC) != 0 ? 'x' : '-',
             (area->flags & VM_SHARED) != 0 ? 's' : 'p', area->file == NULL ? 0 : area->file_offset,
             inode == NULL ? 0 : (unsigned)(inode->device >> 8),
             inode == NULL ? 0 : (unsigned)(inode->device & 0xff),
             inode == NULL ? 0 : inode->number);
    if (area->file != NULL || area->name != NULL) {
        while (text->length - start < NAME_COLUMN && !text->failed) {
            proc_add_bytes(text, " ", 1);
        }
        add_area_name(text, process, area);
    }
    proc_add_bytes(text, "\n", 1);
}

static void maps(struct proc_text *text, const struct process *process) {
    if (process->space == NULL) {
        return;
    }
    LIST_FOR_EACH (area, &process->space->areas, struct vm_area, node) {
        add_area(text, process, area);
    }
}

// --- state ---------------------------------------------------------------------------------------

static struct thread *leader(const struct process *process) {
    return LIST_FIRST(&process->threads, struct thread, process_node);
}

static char state_of(const struct process *process) {
    FOR_EACH_THREAD (thread, process) {
        if (thread->state == THREAD_RUNNABLE) {
            return 'R';
        }
    }
    return process->stopped ? 'T' : 'S';
}

static void comm(struct proc_text *text, const struct process *process) {
    const struct thread *first = leader(process);
    proc_add(text, "%s\n", first == NULL ? "" : first->name);
}

struct actions {
    uint64_t ignored, caught;
};

static struct actions actions_of(const struct process *process) {
    struct actions actions = {0};
    for (int signo = 1; signo <= SIGNAL_COUNT; signo++) {
        uint64_t handler = process->actions->of[signo - 1].handler;
        actions.ignored |= handler == 1 ? signal_bit(signo) : 0;
        actions.caught |= handler > 1 ? signal_bit(signo) : 0;
    }
    return actions;
}

static void stat(struct proc_text *text, const struct process *process) {
    static const struct address_space none;
    const struct address_space *space = process->space == NULL ? &none : process->space;
    const struct thread *first = leader(process);
    struct actions actions = actions_of(process);
    proc_add(text, "%d (%s) %c %d %d %d %d %d 4194304 0 0 0 0 ", process->pid,
             first == NULL ? "" : first->name, state_of(process), process->parent_pid,
             process->group, process->session, TTY_NUMBER, process->group);
    proc_add(text, "%lu 0 0 0 %d %d %zu 0 %lu ", process_cpu_ns(process) / TICK_NS,
             20 + (first == NULL ? 0 : first->nice), first == NULL ? 0 : first->nice,
             process->thread_count, process->start_ns / TICK_NS);
    proc_add(text, "%lu %zu %lu %lu %lu %lu 0 0 ", space->mapped_pages * PAGE_SIZE,
             space->resident_pages, process->limits[RLIMIT_RSS].current, space->code_start,
             space->code_end, space->stack_top);
    proc_add(text, "%lu %lu %lu %lu 0 0 0 17 0 0 0 0 0 0 ", process->pending.set,
             first == NULL ? 0 : first->blocked, actions.ignored, actions.caught);
    proc_add(text, "%lu %lu %lu %lu %lu %lu %lu %d\n", space->data_start, space->data_end,
             space->brk_start, space->arg_start, space->arg_end, space->env_start, space->env_end,
             process->exit_status);
}

static void statm(struct proc_text *text, const struct process *process) {
    static const struct address_space none;
    const struct address_space *space = process->space == NULL ? &none : process->space;
    uint64_t code = (PAGE_UP(space->code_end) - PAGE_DOWN(space->code_start)) >> PAGE_SHIFT;
    proc_add(text, "%zu %zu 0 %lu 0 %zu 0\n", space->mapped_pages, space->resident_pages, code,
             space->data_pages);
}

static void add_pages(struct proc_text *text, const char *name, size_t page_count) {
    proc_add(text, "%s:\t%8zu kB\n", name, page_count * KIB_PER_PAGE);
}

static void add_credentials(struct proc_text *text, const struct credentials *who) {
    proc_add(text, "Uid:\t%u\t%u\t%u\t%u\n", who->uid, who->euid, who->suid, who->fsuid);
    proc_add(text, "Gid:\t%u\t%u\t%u\t%u\n", who->gid, who->egid, who->sgid, who->fsgid);
    proc_add(text, "Groups:\t");
    for (uint32_t i = 0; i < who->group_count; i++) {
        proc_add(text, "%u ", who->groups[i]);
    }
    proc_add(text, "\n");
}

static void add_signals(struct proc_text *text, const struct process *process) {
    const struct thread *first = leader(process);
    struct actions actions = actions_of(process);
    proc_add(text, "SigPnd:\t%016lx\n", first == NULL ? 0 : first->pending.set);
    proc_add(text, "ShdPnd:\t%016lx\n", process->pending.set);
    proc_add(text, "SigBlk:\t%016lx\n", first == NULL ? 0 : first->blocked);
    proc_add(text, "SigIgn:\t%016lx\n", actions.ignored);
    proc_add(text, "SigCgt:\t%016lx\n", actions.caught);
    proc_add(text, "CapInh:\t%016lx\n", process->credentials.inheritable);
    proc_add(text, "CapPrm:\t%016lx\n", process->credentials.permitted);
    proc_add(text, "CapEff:\t%016lx\n", process->credentials.effective);
}

static void status(struct proc_text *text, const struct process *process) {
    const struct thread *first = leader(process);
    const char *states[] = {"R (running)", "S (sleeping)", "T (stopped)"};
    char state = state_of(process);
    const char *described = states[state == 'R' ? 0 : state == 'S' ? 1 : 2];
    proc_add(text, "Name:\t%s\n", first == NULL ? "" : first->name);
    if (process->fs != NULL) {
        mode_t mask = process->fs->umask;
        proc_add(text, "Umask:\t0%u%u%u\n", mask >> 6 & 7, mask >> 3 & 7, mask & 7);
    }
    proc_add(text, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
             described, process->pid, process->pid, process->parent_pid);
    add_credentials(text, &process->credentials);
    if (process->space != NULL) {
        add_pages(text, "VmSize", process->space->mapped_pages);
        add_pages(text, "VmLck", process->space->locked_pages);
        add_pages(text, "VmHWM", process->space->peak_resident_pages);
        add_pages(text, "VmRSS", process->space->resident_pages);
        add_pages(text, "VmData", process->space->data_pages);
    }
    proc_add(text, "Threads:\t%zu\n", process->thread_count);
    add_signals(text, process);
    proc_add(text, "NoNewPrivs:\t%d\n", first != NULL && first->no_new_privileges);
    proc_add(text, "Seccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n");
}

static void mounts(struct proc_text *text, UNUSED const struct process *process) {
    proc_add(text, "tmpfs / tmpfs rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n");
}

#define TEXT(name_, mode_, order)                                                                  \
    {                                                                                              \
        .name = #name_, .mode = (mode_), .number = FIRST_NUMBER + (order), .ops = &proc_text_ops,  \
        .text = (name_)                                                                            \
    }
const struct proc_node proc_process_children[] = {
    TEXT(auxv, SECRET_MODE, 0),
    TEXT(cmdline, FILE_MODE, 1),
    TEXT(comm, FILE_MODE, 2),
    {.name = "cwd", .mode = LINK_MODE, .number = FIRST_NUMBER + 3, .ops = &proc_cwd_ops},
    TEXT(environ, SECRET_MODE, 4),
    {.name = "exe", .mode = LINK_MODE, .number = FIRST_NUMBER + 5, .ops = &proc_exe_ops},
    {.name = "fd", .mode = S_IFDIR | 0500, .number = FIRST_NUMBER + 6, .ops = &proc_fd_ops},
    TEXT(maps, FILE_MODE, 7),
    TEXT(mounts, FILE_MODE, 8),
    {.name = "root", .mode = LINK_MODE, .number = FIRST_NUMBER + 9, .ops = &proc_root_link_ops},
    TEXT(stat, FILE_MODE, 10),
    TEXT(statm, FILE_MODE, 11),
    TEXT(status, FILE_MODE, 12),
    {.name = NULL},
};
