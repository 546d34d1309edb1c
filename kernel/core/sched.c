// Which thread has the CPU: one of the highest priority that is there, which is 0 for all but
// real-time threads (sched(7)). Among equals it goes round: a thread runs for a slice while others
// wait, for as long as it likes when none does. The kernel itself is never preempted: a thread
// loses the CPU only where it calls schedule(), which is when it sleeps, and in trap_exit_work() on
// its way to the app.
#include "arch.h"
#include "clock.h"
#include "percpu.h"
#include "thread.h"
#include "vm.h"

#include <linux/sched.h>

// Of a thread at nice 0. Others get shares that differ as their slices do.
#define SLICE_NS (4 * NSEC_PER_MSEC)
#define NICE_WIDTH 20
// A thread that wakes up waits no longer than this for one that computes.
#define SLICE_AFTER_WAKE_NS (1 * NSEC_PER_MSEC)

static struct list run_queue = LIST_INIT(run_queue);
static const struct address_space *space_in_use;
static uint64_t run_since_ns;

static bool is_idle(const struct thread *thread) {
    return thread == this_cpu()->idle;
}

void run_noted_interrupts(void) {
    uint64_t noted = percpu_take_work(WORK_TIMER | WORK_DEVICE);
    if (noted & WORK_TIMER) {
        timer_run_expired();
    }
    if (noted & WORK_DEVICE) {
        irq_run_pending();
    }
}

// By priority, behind its equals.
static void enqueue(struct thread *thread) {
    struct list *before = run_queue.prev;
    while (before != &run_queue &&
           thread_priority(LIST_ENTRY(before, struct thread, run_node)) < thread_priority(thread)) {
        before = before->prev;
    }
    list_insert_after(before, &thread->run_node);
}

// The running thread's slice counts only while one of its equals waits behind it.
static void limit_slice(void) {
    struct thread *running = thread_current(),
                  *next = LIST_FIRST(&run_queue, struct thread, run_node);
    bool contended =
        next != NULL && !is_idle(running) && thread_priority(next) >= thread_priority(running);
    timer_set_slice_end(contended ? running->slice_end_ns : UINT64_MAX);
}

void thread_wake(struct thread *thread) {
    if (thread->state != THREAD_SLEEPING) {
        return;
    }
    thread->state = THREAD_RUNNABLE;
    struct thread *running = thread_current();
    if (thread == running) {
        return; // it is just about to sleep: schedule() sees that it need not
    }
    enqueue(thread);
    if (is_idle(running) || thread_priority(thread) > thread_priority(running)) {
        percpu_add_work(WORK_RESCHEDULE);
        return;
    }
    if (thread_priority(running) == 0) {
        running->slice_end_ns = MIN(running->slice_end_ns,
                                    MAX(run_since_ns + SLICE_AFTER_WAKE_NS, clock_monotonic_ns()));
    }
    limit_slice();
}

void thread_priority_changed(struct thread *thread) {
    if (!list_empty(&thread->run_node)) {
        list_remove(&thread->run_node);
        enqueue(thread);
    }
    percpu_add_work(WORK_RESCHEDULE);
}

void thread_add_work(struct thread *thread, uint64_t work) {
    if (thread == thread_current()) {
        percpu_add_work(work);
    } else {
        thread->work |= work;
    }
    if ((work & (WORK_SIGNAL | WORK_EXIT)) != 0 && thread->state == THREAD_SLEEPING &&
        thread->interruptible) {
        thread->interrupted = true;
        thread_wake(thread);
    }
}

void use_address_space(const struct address_space *space) {
    if (space != space_in_use) {
        space_in_use = space;
        mmu_use_root(space->root_pa);
    }
}

uint64_t thread_slice_ns(const struct thread *thread) {
    if (thread->policy == SCHED_FIFO) {
        return UINT64_MAX / 2; // until it sleeps or yields
    }
    return SLICE_NS * (uint64_t)(NICE_WIDTH - thread->nice) / NICE_WIDTH;
}

static void switch_to(struct thread *from, struct thread *to) {
    struct percpu *cpu = this_cpu();
    uint64_t now_ns = clock_monotonic_ns();
    from->run_ns += now_ns - from->run_start_ns;
    from->work = percpu_take_work(~(uint64_t)WORK_OF_CPU);
    from->switches[from->state == THREAD_RUNNABLE]++;
    to->run_start_ns = run_since_ns = now_ns;
    to->slice_end_ns = now_ns + thread_slice_ns(to);
    cpu->current = to;
    cpu->switches++;
    percpu_add_work(to->work);
    limit_slice();
    if (to->process != NULL && to->process->space != NULL) {
        use_address_space(to->process->space); // a kernel thread runs in whatever space is there
    }
    arch_switch(from, to);
}

static struct thread *take_next(void) {
    struct thread *next = LIST_FIRST(&run_queue, struct thread, run_node);
    if (next == NULL) {
        return this_cpu()->idle;
    }
    list_remove(&next->run_node);
    return next;
}

void schedule(void) {
    run_noted_interrupts();
    percpu_take_work(WORK_RESCHEDULE);
    struct thread *from = thread_current();
    if (from->state == THREAD_RUNNABLE && !is_idle(from)) {
        enqueue(from);
    }
    struct thread *to = take_next();
    if (to != from) {
        switch_to(from, to);
        return;
    }
    run_since_ns = clock_monotonic_ns();
    to->slice_end_ns = run_since_ns + thread_slice_ns(to);
    limit_slice();
}

// Runs when nobody else can. Interrupts are off between the look at the work and the wait, and the
// wait ends for one that is pending then, so none is slept through.
void thread_idle(void) {
    for (;;) {
        irq_disable();
        if (this_cpu()->work == 0) {
            cpu_wait_for_interrupt();
        }
        irq_enable();
        schedule();
    }
}
