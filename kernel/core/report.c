// What is known about an app that a fault has ended, or of one that somebody asks for: for the
// host, which has its symbols and unwind tables. report.h has the format.
#include "report.h"

#include "arch.h"
#include "channel.h"
#include "exec.h"
#include "format.h"
#include "heap.h"
#include "image.h"
#include "thread.h"
#include "usercopy.h"
#include "vm.h"

#include <asm/mman.h>

enum { LINE_MAX = 400, PATH_MAX_SHOWN = 256, REGISTER_COUNT = 32, STACK_MAX = 16384 };

static enum channel_kind kind; // of the report that is being sent

static void line(const char *format, ...) PRINTF_LIKE(1, 2);

static void line(const char *format, ...) {
    char text[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = format_arguments(text, sizeof(text) - 1, format, &arguments);
    va_end(arguments);
    size_t used = MIN((size_t)length, sizeof(text) - 2);
    text[used] = '\n';
    channel_send(kind, text, used + 1);
}

static const char *name_of(const struct vm_area *area, char *path, size_t size_bytes) {
    const struct image_node *node = area->file == NULL ? NULL : image_node_of_file(area->file);
    if (node != NULL) {
        image_path(node, path, size_bytes);
        return path;
    }
    return area->name == NULL ? "" : area->name;
}

static void report_pc(struct address_space *space, uint64_t pc) {
    char path[PATH_MAX_SHOWN];
    const struct vm_area *area = vm_find(space, pc);
    if (area == NULL || area->file == NULL) {
        line("pc 0x%lx", pc);
        return;
    }
    line("pc 0x%lx 0x%lx %s", pc, pc - area->start + area->file_offset,
         name_of(area, path, sizeof(path)));
}

static void report_areas(const struct address_space *space) {
    char path[PATH_MAX_SHOWN];
    LIST_FOR_EACH (area, &space->areas, struct vm_area, node) {
        line("area 0x%lx 0x%lx %c%c%c%c 0x%lx %s", area->start, area->end,
             (area->prot & PROT_READ) != 0 ? 'r' : '-', (area->prot & PROT_WRITE) != 0 ? 'w' : '-',
             (area->prot & PROT_EXEC) != 0 ? 'x' : '-', (area->flags & VM_SHARED) != 0 ? 's' : 'p',
             area->file_offset, name_of(area, path, sizeof(path)));
    }
}

// Read where the app would: what is not there ends it.
static void report_stack(uint64_t sp) {
    struct {
        uint64_t address;
        char bytes[STACK_MAX];
    } *stack = heap_alloc(sizeof(*stack));
    if (stack == NULL) {
        return;
    }
    stack->address = sp & ~7UL;
    size_t size = copy_from_user_partial(stack->bytes, user_pointer(stack->address), STACK_MAX);
    channel_send(CHANNEL_FAULT_STACK, stack, sizeof(stack->address) + size);
    heap_free(stack);
}

static void report_thread(const struct thread *thread, const struct regs *regs) {
    line("thread %d %s", thread->tid, thread->name);
    report_pc(thread->process->space, regs_pc(regs));
    for (unsigned i = 0; i < REGISTER_COUNT; i++) {
        line("register %u 0x%lx", i, regs_dwarf(regs, i));
    }
}

void report_fault(struct regs *regs, int signo, int si_code, uint64_t address) {
    struct thread *thread = thread_current();
    kind = CHANNEL_FAULT;
    line("signal %d %d 0x%lx", signo, si_code, address);
    report_thread(thread, regs);
    report_areas(thread->process->space);
    report_stack(regs_sp(regs));
}

static void report_state(const struct thread *thread, const struct regs *regs) {
    if (thread->state == THREAD_SLEEPING) {
        line("state sleeping %lu 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", regs_number(regs),
             regs_arg(regs, 0), regs_arg(regs, 1), regs_arg(regs, 2), regs_arg(regs, 3),
             regs_arg(regs, 4), regs_arg(regs, 5));
    } else {
        line("state %s", thread == thread_current() ? "running" : "runnable");
    }
}

void report_threads(UNUSED struct timer *timer) {
    kind = CHANNEL_WHERE;
    FOR_EACH_PROCESS(process) {
        FOR_EACH_THREAD (thread, process) {
            const struct regs *regs = thread_regs(thread);
            report_thread(thread, regs);
            report_state(thread, regs);
        }
        report_areas(process->space);
    }
    channel_send(kind, NULL, 0);
    channel_push();
}
