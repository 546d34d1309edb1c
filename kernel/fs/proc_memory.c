// /proc/PID/maps, smaps and smaps_rollup: proc_pid_maps(5), proc_pid_smaps(5).
#include <linux/limits.h>

#include "arch.h"
#include "file.h"
#include "page.h"
#include "path.h"
#include "proc.h"
#include "report.h"
#include "string.h"
#include "thread.h"
#include "vm.h"

enum { KIB_PER_PAGE = PAGE_SIZE / 1024 };
#define TABLE_SPAN (PAGE_SIZE * (PAGE_SIZE / sizeof(pte_t))) // what one table of pages covers

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

void proc_maps(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    if (process->space == NULL) {
        return;
    }
    LIST_FOR_EACH (area, &process->space->areas, struct vm_area, node) {
        add_area(text, process, area);
    }
}

// --- smaps ---------------------------------------------------------------------------------------

// Pages of an area, or of several.
struct amounts {
    size_t size, present, shared_clean, shared_dirty, private_clean, private_dirty, anonymous,
        locked;
    size_t share_bytes; // PSS: of a page that n have, the nth part
};

// The image's pages are never written: whoever has one has it as it lies in the file.
static void count_page(struct amounts *amounts, const struct vm_area *area, uint64_t pa) {
    bool clean = page_is_image(pa);
    uint32_t users = clean ? 1 : page_references(pa);
    bool of_file = area->file != NULL && (clean || (area->flags & VM_SHARED) != 0);
    if (of_file && !clean) {
        users--; // the file itself has it too
    }
    bool shared = users > 1;
    *(clean    ? shared ? &amounts->shared_clean : &amounts->private_clean
      : shared ? &amounts->shared_dirty
               : &amounts->private_dirty) += 1;
    amounts->present++;
    amounts->anonymous += !of_file;
    amounts->share_bytes += PAGE_SIZE / MAX(users, 1U);
}

static void count_area(struct amounts *amounts, struct address_space *space,
                       const struct vm_area *area) {
    size_t before = amounts->present;
    amounts->size += (area->end - area->start) >> PAGE_SHIFT;
    for (uint64_t at = area->start; at < area->end; at += PAGE_SIZE) {
        const pte_t *slot = vm_pte(space, at, false);
        if (slot == NULL) {
            at = PAGE_DOWN(at | (TABLE_SPAN - 1)); // no table: nothing up to the next one
        } else if (pte_present(*slot)) {
            count_page(amounts, area, pte_pa(*slot));
        }
    }
    amounts->locked += (area->flags & VM_LOCKED) != 0 ? amounts->present - before : 0;
}

static void add_kib(struct proc_text *text, const char *name, size_t kib) {
    char label[20];
    format_string(label, sizeof(label), "%s:", name);
    proc_add(text, "%-15s %8zu kB\n", label, kib);
}

static void add_amounts(struct proc_text *text, const struct amounts *amounts) {
    add_kib(text, "Rss", amounts->present * KIB_PER_PAGE);
    add_kib(text, "Pss", amounts->share_bytes / 1024);
    add_kib(text, "Shared_Clean", amounts->shared_clean * KIB_PER_PAGE);
    add_kib(text, "Shared_Dirty", amounts->shared_dirty * KIB_PER_PAGE);
    add_kib(text, "Private_Clean", amounts->private_clean * KIB_PER_PAGE);
    add_kib(text, "Private_Dirty", amounts->private_dirty * KIB_PER_PAGE);
    add_kib(text, "Referenced", amounts->present * KIB_PER_PAGE);
    add_kib(text, "Anonymous", amounts->anonymous * KIB_PER_PAGE);
    add_kib(text, "Swap", 0);
    add_kib(text, "Locked", amounts->locked * KIB_PER_PAGE);
}

static void add_flags(struct proc_text *text, const struct vm_area *area) {
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {
        {(area->prot & PROT_BIT_READ) != 0, "rd"},  {(area->prot & PROT_BIT_WRITE) != 0, "wr"},
        {(area->prot & PROT_BIT_EXEC) != 0, "ex"},  {(area->flags & VM_SHARED) != 0, "sh"},
        {(area->flags & VM_GROWSDOWN) != 0, "gd"},  {(area->flags & VM_LOCKED) != 0, "lo"},
        {(area->flags & VM_NORESERVE) != 0, "nr"},  {(area->flags & VM_DONTFORK) != 0, "dc"},
        {(area->flags & VM_WIPEONFORK) != 0, "wf"},
    };
    proc_add(text, "VmFlags:");
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (flags[i].is_set) {
            proc_add(text, " %s", flags[i].name);
        }
    }
    proc_add(text, " \n");
}

void proc_smaps(struct proc_text *text, const struct proc_subject *subject) {
    const struct process *process = subject->process;
    if (process->space == NULL) {
        return;
    }
    LIST_FOR_EACH (area, &process->space->areas, struct vm_area, node) {
        struct amounts amounts = {0};
        count_area(&amounts, process->space, area);
        add_area(text, process, area);
        add_kib(text, "Size", amounts.size * KIB_PER_PAGE);
        add_kib(text, "KernelPageSize", KIB_PER_PAGE);
        add_kib(text, "MMUPageSize", KIB_PER_PAGE);
        add_amounts(text, &amounts);
        add_flags(text, area);
    }
}

void proc_smaps_rollup(struct proc_text *text, const struct proc_subject *subject) {
    struct address_space *space = subject->process->space;
    if (space == NULL || list_empty(&space->areas)) {
        return;
    }
    struct amounts amounts = {0};
    LIST_FOR_EACH (area, &space->areas, struct vm_area, node) {
        count_area(&amounts, space, area);
    }
    uint64_t start = LIST_FIRST(&space->areas, struct vm_area, node)->start;
    proc_add(text, "%08lx-%08lx ---p 00000000 00:00 0%24s[rollup]\n", start, space->stack_top, "");
    add_amounts(text, &amounts);
}
