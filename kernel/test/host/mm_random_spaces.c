// Random runs of the memory syscalls against a model that knows nothing of areas, trees and page
// tables: an array of pages, each with what it maps and, once it was written privately, its own
// word. HOST_SEED and HOST_STEPS choose the run; HOST_TRACE=1 prints it.

#include <asm/fcntl.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/mman.h>

#include "heap.h"
#include "host_test.h"
#include "page.h"
#include "syscall.h"
#include "thread.h"

int dprintf(int, const char *, ...);

enum { PAGES = 48, OBJECTS = 32, FILES = 3, FILE_PAGES = 20, OBJECT_PAGES = PAGES, SPACES = 3 };
#define BASE 0x3ffff000UL // the window crosses a 2 MiB and a 1 GiB boundary
#define AT(page) (BASE + (uint64_t)(page)*PAGE_SIZE)
#define SIZE(count) ((long)((uint64_t)(count)*PAGE_SIZE))

long sys_mmap(long, long, long, long, long, long);
long sys_munmap(long, long);
long sys_mprotect(long, long, long);
long sys_mremap(long, long, long, long, long);
long sys_madvise(long, long, long);
long sys_mlock(long, long);
long sys_munlock(long, long);

struct model_page {
    bool mapped, shared, locked, own;
    int prot;
    int object; // -1: none
    unsigned long index;
    uint64_t value; // of its own copy
};

struct model_object {
    unsigned long count;
    uint64_t words[OBJECT_PAGES];
};

struct model_space {
    struct address_space *space;
    struct model_page pages[PAGES];
};

static struct model_object objects[OBJECTS];
static struct model_space spaces[SPACES];
static struct model_space *now;
static int fds[FILES];
static struct file *files[FILES];
static bool scarce; // memory runs out now and then: the model cannot follow, but nothing may break
static bool trace;

// --- the model -------------------------------------------------------------------------------

static bool same_area(const struct model_page *low, const struct model_page *high) {
    return low->mapped && high->mapped && low->prot == high->prot && low->shared == high->shared &&
           low->locked == high->locked && low->object == high->object &&
           (low->object < 0 || low->index + 1 == high->index);
}

static bool is_one_area(unsigned long first, unsigned long count) {
    for (unsigned long i = first; i + 1 < first + count; i++) {
        if (i + 1 >= PAGES || !same_area(&now->pages[i], &now->pages[i + 1])) {
            return false;
        }
    }
    return now->pages[first].mapped;
}

static void model_unmap(unsigned long first, unsigned long count) {
    for (unsigned long i = first; i < first + count && i < PAGES; i++) {
        now->pages[i] = (struct model_page){.object = -1};
    }
}

// What a page shows before anyone has written it privately; false beyond the end of its object.
static bool backing(const struct model_page *page, uint64_t **word) {
    static uint64_t zero;
    zero = 0;
    *word = &zero;
    if (page->object < 0) {
        return true;
    }
    struct model_object *object = &objects[page->object];
    if (page->index >= object->count) {
        return false;
    }
    *word = &object->words[page->index];
    return true;
}

static int model_access(struct model_page *page, bool write, uint64_t **word, int *code) {
    if (!page->mapped) {
        *code = SEGV_MAPERR;
        return SIGSEGV;
    }
    if (write ? (page->prot & PROT_WRITE) == 0 : page->prot == 0) {
        *code = SEGV_ACCERR;
        return SIGSEGV;
    }
    if (!page->own && !backing(page, word)) {
        *code = BUS_ADRERR;
        return SIGBUS;
    }
    if (write && !page->shared && !page->own) {
        page->value = **word;
        page->own = true;
    }
    if (page->own) {
        *word = &page->value;
    }
    return 0;
}

static int object_new(unsigned long count) {
    bool used[OBJECTS] = {false};
    for (size_t s = 0; s < SPACES; s++) {
        for (size_t i = 0; spaces[s].space != NULL && i < PAGES; i++) {
            if (spaces[s].pages[i].object >= 0) {
                used[spaces[s].pages[i].object] = true;
            }
        }
    }
    for (int i = FILES; i < OBJECTS; i++) {
        if (!used[i]) {
            objects[i] = (struct model_object){.count = count};
            return i;
        }
    }
    return -1;
}

// --- one operation each ----------------------------------------------------------------------

static void said(const char *what, unsigned long first, unsigned long count, long detail, long got,
                 long wanted) {
    if (trace) {
        dprintf(2, "%s %lu+%lu %ld: %ld\n", what, first, count, detail, got);
    }
    if (!scarce) {
        EXPECT_EQUAL(got, wanted);
    }
}

static void pick_range(unsigned long *first, unsigned long *count) {
    *first = host_pick(PAGES);
    *count = 1 + host_pick(MIN(PAGES - *first, 12UL));
}

static int pick_prot(void) {
    static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE};
    return prots[host_pick(ARRAY_SIZE(prots))];
}

static void do_map(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    int prot = pick_prot();
    unsigned long kind = host_pick(4);
    bool shared = kind == 1 || (kind == 2 && host_pick(2) == 0);
    int object = -1;
    unsigned long index = 0;
    long flags = MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE);
    int fd = -1;
    if (kind == 1) {
        object = object_new(count);
        if (object < 0) {
            return;
        }
    }
    if (kind >= 2) {
        // A private mapping of the image is never mixed with a shared one: which bytes it then
        // shows is open.
        object = kind == 2 ? (int)host_pick(2) : 2;
        fd = fds[object];
        index = host_pick(FILE_PAGES);
    }
    flags |= fd < 0 ? MAP_ANONYMOUS : 0;
    long got = sys_mmap((long)AT(first), SIZE(count), prot, flags, fd, SIZE(index));
    bool refused = object == 1 && shared && (prot & PROT_WRITE) != 0; // it is open for reading only
    said("map", first, count, object, got, refused ? -EACCES : (long)AT(first));
    if (got < 0) {
        return;
    }
    for (unsigned long i = 0; i < count; i++) {
        now->pages[first + i] = (struct model_page){
            .mapped = true, .shared = shared, .prot = prot, .object = object, .index = index + i};
    }
}

static void do_unmap(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    long got = sys_munmap((long)AT(first), SIZE(count));
    said("unmap", first, count, 0, got, 0);
    if (got == 0) {
        model_unmap(first, count);
    }
}

static void do_protect(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    int prot = pick_prot();
    long wanted = 0;
    for (unsigned long i = first; i < first + count && wanted == 0; i++) {
        struct model_page *page = &now->pages[i];
        if (!page->mapped) {
            wanted = -ENOMEM;
        } else if (page->shared && page->object == 1 && (prot & ~page->prot & PROT_WRITE) != 0) {
            wanted = -EACCES;
        } else {
            page->prot = prot;
        }
    }
    said("protect", first, count, prot, sys_mprotect((long)AT(first), SIZE(count), prot), wanted);
}

static void do_discard(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    long wanted = 0;
    for (unsigned long i = first; i < first + count; i++) {
        if (!now->pages[i].mapped) {
            wanted = -ENOMEM;
        } else if (now->pages[i].locked) {
            wanted = -EINVAL;
            break;
        } else {
            now->pages[i].own = false;
        }
    }
    said("discard", first, count, 0, sys_madvise((long)AT(first), SIZE(count), MADV_DONTNEED),
         wanted);
}

static long model_lock(unsigned long first, unsigned long count) {
    for (unsigned long i = first; i < first + count; i++) {
        if (!now->pages[i].mapped) {
            return -ENOMEM;
        }
        now->pages[i].locked = true;
    }
    for (unsigned long i = first; i < first + count; i++) {
        struct model_page *page = &now->pages[i];
        uint64_t *word;
        int code;
        bool write = (page->prot & PROT_WRITE) != 0 && !page->shared;
        if (model_access(page, write, &word, &code) != 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static void do_lock(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    long wanted = model_lock(first, count);
    said("lock", first, count, 0, sys_mlock((long)AT(first), SIZE(count)), wanted);
}

static void do_unlock(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    long wanted = 0;
    for (unsigned long i = first; i < first + count && wanted == 0; i++) {
        wanted = now->pages[i].mapped ? 0 : -ENOMEM;
        now->pages[i].locked = false;
    }
    said("unlock", first, count, 0, sys_munlock((long)AT(first), SIZE(count)), wanted);
}

// mremap that grows or shrinks where it is.
static void do_resize(void) {
    unsigned long first, count;
    pick_range(&first, &count);
    unsigned long new_count = 1 + host_pick(MIN(PAGES - first, 12UL));
    long wanted = (long)AT(first);
    if (!now->pages[first].mapped) {
        wanted = -EFAULT;
    } else if (new_count <= count) {
        model_unmap(first + new_count, count - new_count);
    } else if (!is_one_area(first, count)) {
        wanted = -EFAULT;
    } else if (first + count < PAGES &&
               same_area(&now->pages[first + count - 1], &now->pages[first + count])) {
        wanted = -ENOMEM;
    } else {
        for (unsigned long i = first + count; i < first + new_count; i++) {
            wanted = now->pages[i].mapped ? -ENOMEM : wanted;
        }
        for (unsigned long i = first + count; wanted > 0 && i < first + new_count; i++) {
            now->pages[i] = now->pages[i - 1];
            now->pages[i].index += now->pages[i].object >= 0 ? 1 : 0;
            now->pages[i].own = false;
        }
        if (wanted > 0 && now->pages[first].locked) {
            (void)model_lock(first + count, new_count - count);
        }
    }
    long got = sys_mremap((long)AT(first), SIZE(count), SIZE(new_count), 0, 0);
    said("resize", first, count, (long)new_count, got, wanted);
}

static long model_move(unsigned long first, unsigned long count, unsigned long to,
                       unsigned long new_count) {
    struct model_page old[PAGES];
    if (!now->pages[first].mapped) {
        return -EFAULT;
    }
    if (first + count > to && to + new_count > first) {
        return -EINVAL;
    }
    model_unmap(to, new_count);
    if (count > new_count) {
        model_unmap(first + new_count, count - new_count);
        count = new_count;
    }
    if (!is_one_area(first, count)) {
        return -EFAULT;
    }
    for (unsigned long i = 0; i < count; i++) {
        old[i] = now->pages[first + i];
    }
    model_unmap(first, count);
    for (unsigned long i = 0; i < new_count; i++) {
        now->pages[to + i] = i < count ? old[i] : now->pages[to + i - 1];
        if (i >= count) {
            now->pages[to + i].own = false;
            now->pages[to + i].index += now->pages[to + i].object >= 0 ? 1 : 0;
        }
    }
    if (old[0].locked) {
        (void)model_lock(to, new_count);
    }
    return (long)AT(to);
}

static void do_move(void) {
    unsigned long first;
    unsigned long count;
    unsigned long to;
    unsigned long new_count;
    pick_range(&first, &count);
    pick_range(&to, &new_count);
    long wanted = model_move(first, count, to, new_count);
    long got = sys_mremap((long)AT(first), SIZE(count), SIZE(new_count),
                          MREMAP_MAYMOVE | MREMAP_FIXED, (long)AT(to));
    said("move", first, count, (long)to, got, wanted);
}

static void do_access(unsigned long index, bool write) {
    uint64_t *word = NULL;
    int wanted_code = 0;
    int code = 0;
    uint64_t value = host_pick(1UL << 40);
    int wanted = model_access(&now->pages[index], write, &word, &wanted_code);
    uint64_t got_value = value;
    int got = write ? host_store(AT(index), value, &code) : host_load(AT(index), &got_value, &code);
    said(write ? "store" : "load", index, 1, (long)got_value, got, wanted);
    if (scarce) {
        return;
    }
    if (got != 0) {
        EXPECT_EQUAL(code, wanted_code);
    } else if (write) {
        *word = value;
    } else {
        EXPECT_EQUAL(got_value, *word);
    }
}

static void do_load(void) {
    do_access(host_pick(PAGES), false);
}

static void do_store(void) {
    do_access(host_pick(PAGES), true);
}

static void do_fork(void) {
    struct model_space *child = NULL;
    for (size_t i = 0; i < SPACES; i++) {
        child = spaces[i].space == NULL ? &spaces[i] : child;
    }
    if (child == NULL) {
        return;
    }
    child->space = vm_copy(now->space);
    for (size_t i = 0; i < PAGES; i++) {
        child->pages[i] = now->pages[i];
        child->pages[i].locked = false;
    }
    said("fork", 0, 0, 0, child->space != NULL, 1);
}

static void do_switch(void) {
    struct model_space *other = &spaces[host_pick(SPACES)];
    if (other->space != NULL) {
        now = other;
        host_use(now->space);
        said("switch", (unsigned long)(now - spaces), 0, 0, 0, 0);
    }
}

static void do_exit(void) {
    struct model_space *other = &spaces[host_pick(SPACES)];
    if (other->space != NULL && other != now) {
        vm_release(other->space);
        other->space = NULL;
        said("exit", (unsigned long)(other - spaces), 0, 0, 0, 0);
    }
}

static void check_words(void) {
    for (unsigned long i = 0; i < PAGES; i++) {
        do_access(i, false);
    }
}

static void (*const operations[])(void) = {
    do_map,    do_map,    do_map,   do_unmap, do_protect, do_protect, do_discard, do_lock,
    do_unlock, do_resize, do_move,  do_move,  do_load,    do_load,    do_load,    do_store,
    do_store,  do_store,  do_store, do_store, do_fork,    do_switch,  do_switch,  do_exit,
};

static void start(size_t page_count) {
    enum { IMAGE_PAGES = 32 };
    host_boot(page_count, IMAGE_PAGES);
    host_seed();
    trace = host_setting("HOST_TRACE", 0) != 0;
    for (size_t i = 0; i < IMAGE_PAGES; i++) {
        *(uint64_t *)(host_ram + i * PAGE_SIZE) = 9000 + i;
    }
    files[0] = host_file(FILE_PAGES, 100, O_RDWR);
    files[1] = host_file(FILE_PAGES, 200, O_RDONLY);
    files[2] = host_image_file(HOST_RAM_PA, FILE_PAGES, O_RDONLY);
    for (unsigned long i = 0; i < FILES; i++) {
        fds[i] = host_fd(files[i]);
        objects[i].count = FILE_PAGES;
        for (unsigned long j = 0; j < FILE_PAGES; j++) {
            objects[i].words[j] = (i < 2 ? (i + 1) * 100 : 9000) + j;
        }
    }
    now = &spaces[0];
    now->space = host_space();
    model_unmap(0, PAGES);
}

static void run(void) {
    unsigned long steps = host_setting("HOST_STEPS", 3000);
    for (unsigned long step = 0; step < steps; step++) {
        operations[host_pick(ARRAY_SIZE(operations))]();
        for (size_t i = 0; i < SPACES; i++) {
            if (spaces[i].space != NULL) {
                host_check_space(spaces[i].space);
            }
        }
        if (host_pick(20) == 0) {
            check_words();
        }
    }
    check_words();
}

// Everything that the run took comes back; the heap may keep one empty slab per size.
static void finish(size_t used_pages) {
    enum { HEAP_SPARES = 17 };
    for (size_t i = 0; i < SPACES; i++) {
        if (spaces[i].space != NULL) {
            vm_release(spaces[i].space);
        }
    }
    EXPECT_EQUAL(heap_used_bytes(), 0);
    EXPECT(host_used_pages() <= used_pages + HEAP_SPARES + 1);
}

TEST(random_runs_agree_with_the_model) {
    start(8192);
    size_t used_pages = host_used_pages();
    run();
    finish(used_pages);
}

TEST(random_runs_survive_without_memory) {
    scarce = true;
    start(140);
    size_t used_pages = host_used_pages();
    run();
    finish(used_pages);
}
