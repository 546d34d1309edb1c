// Kernel code under the host's sanitizers: a machine in software, and tests that each run in a
// process of their own.
#pragma once

#include "file.h"
#include "types.h"
#include "vm.h"

// --- the machine (machine.c) -----------------------------------------------------------------

// RAM of this many pages, of which the first `image_pages` are the image's; a process and a thread,
// current.
void host_boot(size_t page_count, size_t image_pages);
struct address_space *host_space(void); // of the current process
void host_use(struct address_space *space);
// A load or store by the app: TLB, tables, page fault. 0 or the signal, with its code.
int host_load(uint64_t address, uint64_t *value, int *si_code);
int host_store(uint64_t address, uint64_t value, int *si_code);
int host_fetch(uint64_t address, int *si_code);
// Pages in use, without the kernel's one zero page and what the heap keeps.
size_t host_used_pages(void);
void host_check_space(struct address_space *space); // invariants.c

// --- files (files.c) -------------------------------------------------------------------------

// A file of `page_count` pages; the first word of page i is value + i.
struct file *host_file(size_t page_count, uint64_t value, uint32_t flags);
// The same, whose pages are the image's until someone asks to write.
struct file *host_image_file(uint64_t first_pa, size_t page_count, uint32_t flags);
uint64_t *host_file_word(struct file *file, size_t index); // of its own page, not an image's
int host_fd(struct file *file);                            // what fd_get finds from now on

// --- tests (runner.c) ------------------------------------------------------------------------

struct host_case {
    const char *name;
    void (*run)(void);
    struct host_case *next;
};
unsigned long host_setting(const char *name, unsigned long otherwise); // from the environment
void host_seed(void);                                                  // from HOST_SEED
unsigned long host_pick(unsigned long limit);                          // 0 .. limit - 1
void host_case_add(struct host_case *test);
_Noreturn void host_fail(const char *file, int line, const char *what, long got, long wanted);

#define TEST(id)                                                                                   \
    static void id(void);                                                                          \
    static struct host_case case_##id = {#id, id, NULL};                                           \
    __attribute__((constructor)) static void add_##id(void) {                                      \
        host_case_add(&case_##id);                                                                 \
    }                                                                                              \
    static void id(void)

#define EXPECT_EQUAL(got, wanted)                                                                  \
    do {                                                                                           \
        long expect_got = (long)(got);                                                             \
        long expect_wanted = (long)(wanted);                                                       \
        if (expect_got != expect_wanted) {                                                         \
            host_fail(__FILE__, __LINE__, #got, expect_got, expect_wanted);                        \
        }                                                                                          \
    } while (0)
#define EXPECT(condition) EXPECT_EQUAL(!!(condition), 1)
