// See fs_machine.h. A page is a block of the host's heap, so that a page used after it was given
// back is found.
#include "fs_machine.h"

#include <asm/errno.h>
#include <linux/utsname.h>
#include <stdlib.h>

#include "arch.h"
#include "exec.h"
#include "heap.h"
#include "image.h"
#include "page.h"
#include "path.h"
#include "proc_text.h"
#include "report.h"
#include "signal.h"
#include "string.h"
#include "system.h"
#include "thread.h"
#include "usercopy.h"
#include "vm.h"

enum { PAGES_TOTAL = 1 << 20, FIRST_USER_BYTE = 4096 };

char *host_ram = (char *)HOST_RAM_PA; // so that a physical address is its virtual one
struct percpu host_percpu;
uint64_t host_ticks;
struct list all_processes = LIST_INIT(all_processes);

static struct process process = {.pid = 1, .credentials.effective = UINT64_MAX};
static struct signal_actions actions;
static struct thread thread = {.process = &process};
static size_t in_use, allowed = SIZE_MAX;

// --- memory -------------------------------------------------------------------------------------

size_t host_fs_in_use(void) {
    return in_use;
}

void host_fs_fail_after(size_t count) {
    allowed = count;
}

static bool take_permission(void) {
    if (allowed == 0) {
        return false;
    }
    allowed -= allowed != SIZE_MAX;
    in_use++;
    return true;
}

void *heap_alloc(size_t size_bytes) {
    return take_permission() ? malloc(size_bytes) : NULL;
}

void *heap_alloc_zeroed(size_t size_bytes) {
    return take_permission() ? calloc(1, size_bytes) : NULL;
}

void *heap_resize(void *old, size_t size_bytes) {
    bool may = old == NULL ? take_permission() : allowed > 0;
    return may ? realloc(old, size_bytes) : NULL;
}

void heap_free(void *block) {
    in_use -= block != NULL;
    free(block);
}

struct host_page {
    char bytes[PAGE_SIZE];
    uint32_t references;
};

bool page_is_image(uint64_t pa) {
    return pa - (uint64_t)image_blob < image_blob->size_bytes;
}

uint64_t page_alloc(void) {
    if (!take_permission()) {
        return 0;
    }
    struct host_page *page = aligned_alloc(PAGE_SIZE, 2 * PAGE_SIZE);
    memset(page->bytes, 0xa5, PAGE_SIZE);
    page->references = 1;
    return (uint64_t)page;
}

uint64_t page_alloc_zeroed(void) {
    uint64_t pa = page_alloc();
    if (pa != 0) {
        memset((void *)pa, 0, PAGE_SIZE);
    }
    return pa;
}

void page_hold(uint64_t pa) {
    if (!page_is_image(pa)) {
        ((struct host_page *)pa)->references++;
    }
}

void page_release(uint64_t pa) {
    if (page_is_image(pa)) {
        return;
    }
    struct host_page *page = (struct host_page *)pa;
    EXPECT(page->references > 0);
    if (--page->references == 0) {
        in_use--;
        free(page);
    }
}

size_t page_total_count(void) {
    return PAGES_TOTAL;
}

size_t page_free_count(void) {
    return PAGES_TOTAL;
}

void vm_truncate(UNUSED const struct inode *inode, UNUSED uint64_t page_count) {
}

void vm_replace(UNUSED const struct inode *inode, UNUSED uint64_t index, UNUSED uint64_t old_pa) {
}

// --- the app's memory: the test's own, without the first page -----------------------------------

static bool user_ok(const void __user *address) {
    return (uint64_t)address >= FIRST_USER_BYTE;
}

int copy_from_user(void *to, const void __user *from, size_t size_bytes) {
    return copy_from_user_partial(to, from, size_bytes) == size_bytes ? 0 : -EFAULT;
}

int copy_to_user(void __user *to, const void *from, size_t size_bytes) {
    return copy_to_user_partial(to, from, size_bytes) == size_bytes ? 0 : -EFAULT;
}

size_t copy_from_user_partial(void *to, const void __user *from, size_t size_bytes) {
    if (!user_ok(from)) {
        return 0;
    }
    memcpy(to, (const void *)(uintptr_t)from, size_bytes);
    return size_bytes;
}

size_t copy_to_user_partial(void __user *to, const void *from, size_t size_bytes) {
    if (!user_ok(to)) {
        return 0;
    }
    memcpy((void *)(uintptr_t)to, from, size_bytes);
    return size_bytes;
}

int clear_user(void __user *to, size_t size_bytes) {
    if (!user_ok(to)) {
        return -EFAULT;
    }
    memset((void *)(uintptr_t)to, 0, size_bytes);
    return 0;
}

ssize_t string_from_user(char *to, const char __user *from, size_t size_bytes) {
    if (!user_ok(from)) {
        return -EFAULT;
    }
    size_t length = strnlen((const char *)(uintptr_t)from, size_bytes);
    if (length == size_bytes) {
        return -ENAMETOOLONG;
    }
    memcpy(to, (const char *)(uintptr_t)from, length + 1);
    return (ssize_t)length;
}

// --- the rest of the kernel ---------------------------------------------------------------------

void proc_cpuinfo(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    proc_add(text, "processor\t: 0\n\n");
}

uint64_t clock_realtime_ns(void) {
    return ++host_ticks * NSEC_PER_SEC;
}

uint64_t clock_monotonic_ns(void) {
    return host_ticks * NSEC_PER_SEC;
}

uint64_t process_cpu_ns(UNUSED const struct process *of) {
    return 0;
}

uint64_t thread_cpu_ns(UNUSED const struct thread *of) {
    return 0;
}

struct thread *thread_find(pid_t tid) {
    return tid == thread.tid ? &thread : NULL;
}

uint32_t page_references(uint64_t pa) {
    return ((struct host_page *)pa)->references;
}

struct new_utsname system_names = {.sysname = "Linux"};

// The process has no address space.
pte_t *vm_pte(UNUSED struct address_space *space, UNUSED uint64_t address, UNUSED bool create) {
    return NULL;
}

bool pte_present(UNUSED pte_t pte) {
    return false;
}

uint64_t pte_pa(UNUSED pte_t pte) {
    return 0;
}

struct process *process_find(pid_t pid) {
    return pid == process.pid ? &process : NULL;
}

bool process_capable(UNUSED const struct process *of, UNUSED unsigned capability) {
    return true;
}

void signal_raise(UNUSED struct process *to, UNUSED int signo) {
}

int signal_broken_pipe(void) {
    return -EPIPE;
}

int signal_send_thread(UNUSED struct thread *to, UNUSED const struct siginfo_k *info) {
    return 0;
}

void wait_queue_init(struct wait_queue *queue) {
    list_init(&queue->waiters);
}

void wait_wake(UNUSED struct wait_queue *queue, UNUSED uint32_t events) {
}

// The test never waits: an operation that would is a mistake of the test's.
void wait_prepare(UNUSED struct waiter *waiter) {
    panic("waits");
}

void wait_add(UNUSED struct wait_queue *queue, UNUSED struct waiter *waiter) {
}

void wait_remove(UNUSED struct waiter *waiter) {
}

int wait_sleep(UNUSED uint64_t deadline_ns) {
    return 0;
}

struct console_input {
    int unused;
};
const struct console_input console_input;

size_t strlcpy(char *to, const char *from, size_t size_bytes) {
    size_t length = strlen(from);
    size_t copied = MIN(length, size_bytes - 1);
    memcpy(to, from, copied);
    to[copied] = '\0';
    return length;
}

struct file *console_open(UNUSED int fd) {
    return NULL;
}

void host_fs_start(void) {
    process.limits[1] = (struct rlimit_k){UINT64_MAX, UINT64_MAX}; // RLIMIT_FSIZE
    process.limits[7] = (struct rlimit_k){64, 64};                 // RLIMIT_NOFILE
    list_push_back(&all_processes, &process.node);
    host_percpu.current = &thread;
    process.files = fd_table_new();
    process.fs = fs_context_new("/");
    process.actions = &actions;
    list_init(&process.threads);
}
