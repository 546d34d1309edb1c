// Counting system calls (hermipy run --stats). When this is linked every entry of syscall_table
// leads here, and the handlers are in syscall_table_real.
#include "arch.h"
#include "channel.h"
#include "heap.h"
#include "page.h"
#include "report.h"
#include "set.h"
#include "syscall.h"
#include "thread.h"

enum { NUMBERS_COUNTED = 512, ERRNO_MAX = 4095 };

static struct channel_stats_row counts[NUMBERS_COUNTED];

static struct channel_stats_row *count_of(uint64_t number) {
    return &counts[MIN(number, NUMBERS_COUNTED - 1UL)];
}

long syscall_counted(void) {
    const struct regs *regs = thread_regs(thread_current());
    uint64_t number = regs_number(regs);
    struct channel_stats_row *row = count_of(number);
    row->number = (uint32_t)number;
    *(regs_is_direct(regs) ? &row->direct : &row->trap) += 1;
    syscall_fn handler = syscall_handler(syscall_table_real, number);
    long result =
        handler((long)regs_arg(regs, 0), (long)regs_arg(regs, 1), (long)regs_arg(regs, 2),
                (long)regs_arg(regs, 3), (long)regs_arg(regs, 4), (long)regs_arg(regs, 5));
    row->errors += result < 0 && result >= -ERRNO_MAX;
    return result;
}

static void send_stats(void) {
    size_t used = 0;
    for (size_t i = 0; i < NUMBERS_COUNTED; i++) {
        if (counts[i].direct + counts[i].trap != 0) {
            counts[used++] = counts[i];
        }
    }
    channel_send(CHANNEL_STATS, counts, used * sizeof(counts[0]));
    uint64_t left_bytes = (page_total_count() - page_free_count()) * PAGE_SIZE;
    channel_send(CHANNEL_MEMORY_LEFT, &left_bytes, sizeof(left_bytes));
}
EXIT_REPORT(stats, send_stats);
