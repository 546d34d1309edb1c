// The machine below kernel/core for tests (core_machine.h).
#include "core_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "clock.h"
#include "heap.h"
#include "page.h"
#include "percpu.h"
#include "report.h"
#include "string.h"
#include "thread.h"
#include "usercopy.h"
#include "vm.h"

enum { CONTEXT_STACK = 1 << 16, USER_WORDS = 0x10000 };

struct context {
    ucontext_t machine;
    void (*fn)(void *);
    void *argument;
    char stack[CONTEXT_STACK];
};

char *host_ram = (char *)HOST_RAM_PA; // so that a physical address is its virtual one
char boot_stack[KSTACK_SIZE];
struct percpu host_percpu;
uint64_t host_ticks;
uint32_t host_words[2 * HOST_WORDS];

static uint64_t armed_ticks = UINT64_MAX;
static size_t idle_waits, blocks;
static struct context first_context;
static struct address_space space;
static struct vm_area private_area, shared_area;

// --- time ----------------------------------------------------------------------------------------

uint64_t clock_frequency_hz(void) {
    return NSEC_PER_SEC / HOST_TICK_NS;
}

uint64_t arch_rtc_ns(void) {
    return 1700000000 * NSEC_PER_SEC;
}

void timer_init(void) {
}

void timer_arm(uint64_t deadline_ticks) {
    armed_ticks = deadline_ticks;
}

void timer_disarm(void) {
    armed_ticks = UINT64_MAX;
}

void irq_run_pending(void) {
}

uint64_t host_now_ns(void) {
    return clock_monotonic_ns();
}

uint64_t host_armed_ns(void) {
    return armed_ticks == UINT64_MAX ? UINT64_MAX : armed_ticks * HOST_TICK_NS;
}

size_t host_idle_waits(void) {
    return idle_waits;
}

void host_advance_ns(uint64_t ns) {
    host_ticks += ns / HOST_TICK_NS;
    if (host_ticks >= armed_ticks) {
        armed_ticks = UINT64_MAX;
        percpu_add_work(WORK_TIMER);
    }
}

void host_compute_ns(uint64_t ns) {
    for (uint64_t left = ns / HOST_TICK_NS; left > 0;) {
        uint64_t until = armed_ticks > host_ticks ? armed_ticks - host_ticks : 1;
        uint64_t step = MIN(left, until);
        left -= step;
        host_advance_ns(step * HOST_TICK_NS);
        run_noted_interrupts();
        if (this_cpu()->work & WORK_RESCHEDULE) {
            schedule();
        }
    }
}

// Nothing else can happen before the timer's interrupt. Without one this is a deadlock, and a test
// that expects to be idle for good never gets here.
void host_wait_for_interrupt(void) {
    idle_waits++;
    EXPECT(armed_ticks != UINT64_MAX);
    host_advance_ns((MAX(armed_ticks, host_ticks) - host_ticks) * HOST_TICK_NS);
}

// --- threads
// --------------------------------------------------------------------------------------

static void start_context(unsigned high, unsigned low) {
    struct context *context = (struct context *)((uint64_t)high << 32 | low);
    context->fn(context->argument);
    thread_exit(0);
}

static void make_context(struct thread *thread, void (*fn)(void *), void *argument) {
    struct context *context = malloc(sizeof(*context));
    getcontext(&context->machine);
    context->machine.uc_stack.ss_sp = context->stack;
    context->machine.uc_stack.ss_size = sizeof(context->stack);
    context->fn = fn;
    context->argument = argument;
    uint64_t address = (uint64_t)context;
    makecontext(&context->machine, (void (*)(void))start_context, 2, (unsigned)(address >> 32),
                (unsigned)address);
    thread->arch.context = context;
}

// A dead thread's context is freed by the next one: not while it is being left.
void arch_switch(struct thread *from, struct thread *to) {
    static struct context *dead;
    struct context *old = from->arch.context, *new = to->arch.context;
    free(dead);
    dead = from->state == THREAD_DEAD ? old : NULL;
    swapcontext(&old->machine, &new->machine);
}

static void idle(UNUSED void *argument) {
    thread_idle();
}

struct thread *host_spawn(void (*fn)(void *), void *argument) {
    struct thread *thread = thread_new(process_current());
    make_context(thread, fn, argument);
    thread_start(thread);
    return thread;
}

void host_start(void) {
    host_ticks = 1000;
    thread_init();
    clock_init(0);
    make_context(host_percpu.idle, idle, NULL);
    struct process *process = process_new();
    struct thread *thread = thread_new(process);
    thread->state = THREAD_RUNNABLE;
    thread->arch.context = &first_context;
    thread->run_start_ns = clock_monotonic_ns();
    thread->slice_end_ns = UINT64_MAX;
    host_percpu.current = thread;
    process->space = &space;
    private_area.end = shared_area.start = USER_WORDS + sizeof(host_words) / 2;
    shared_area.end = USER_WORDS + sizeof(host_words);
    shared_area.flags = VM_SHARED;
}

NORETURN void machine_exit(int exit_status) {
    exit(exit_status);
}

static bool signal_waits;

void host_spare_sigpending(bool pending) {
    signal_waits = pending;
}

bool signal_is_pending(UNUSED struct thread *thread) {
    return signal_waits;
}

void signal_pending_init(struct signal_pending *pending) {
    list_init(&pending->queue);
}

// --- memory
// ---------------------------------------------------------------------------------------

size_t host_blocks(void) {
    return blocks;
}

void *heap_alloc_zeroed(size_t size_bytes) {
    blocks++;
    return calloc(1, size_bytes);
}

void heap_free(void *block) {
    blocks -= block != NULL;
    free(block);
}

uint64_t page_alloc_contiguous(size_t count) {
    blocks++;
    return (uint64_t)aligned_alloc(count * PAGE_SIZE, count * PAGE_SIZE);
}

bool page_is_scarce(void) {
    return false;
}

void page_free_contiguous(uint64_t pa, UNUSED size_t count) {
    blocks--;
    free((void *)pa);
}

void mmu_use_root(UNUSED uint64_t root_pa) {
}

// --- the app's words
// --------------------------------------------------------------------------------

uint64_t host_word_address(size_t index) {
    return USER_WORDS + index * sizeof(uint32_t);
}

static void *word_at(uint64_t address, size_t size_bytes) {
    uint64_t offset = address - USER_WORDS;
    bool inside = address >= USER_WORDS && offset + size_bytes <= sizeof(host_words);
    return inside ? (char *)host_words + offset : NULL;
}

bool user_range_ok(const void __user *start, size_t size_bytes) {
    return word_at((uint64_t)start, size_bytes) != NULL;
}

int copy_from_user(void *to, const void __user *from, size_t size_bytes) {
    const void *word = word_at((uint64_t)from, size_bytes);
    if (word == NULL) {
        return -14; // EFAULT
    }
    memcpy(to, word, size_bytes);
    return 0;
}

int arch_user_cmpxchg32(uint64_t address, uint32_t expected, uint32_t desired, uint32_t *found) {
    uint32_t *word = word_at(address, sizeof(*word));
    if (word == NULL) {
        return -14; // EFAULT
    }
    *found = *word;
    if (*word == expected) {
        *word = desired;
    }
    return 0;
}

struct vm_area *vm_find(UNUSED struct address_space *where, uint64_t address) {
    if (word_at(address, 1) == NULL) {
        return NULL;
    }
    return address < shared_area.start ? &private_area : &shared_area;
}

uint64_t *vm_pte(UNUSED struct address_space *where, uint64_t address, UNUSED bool create) {
    static uint64_t pte;
    pte = PAGE_DOWN(address) + (1UL << 40);
    return &pte;
}

uint64_t pte_pa(pte_t pte) {
    return pte;
}

// The host's C library has the rest of core/string.c, this one only since glibc 2.38.
size_t strlcpy(char *to, const char *from, size_t size_bytes) {
    size_t length = strlen(from), copied = MIN(length, size_bytes - 1);
    memcpy(to, from, copied);
    to[copied] = '\0';
    return length;
}
