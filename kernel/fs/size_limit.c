// RLIMIT_FSIZE, and the largest file there is.
#include <asm/signal.h>
#include <linux/resource.h>

#include "path.h"
#include "signal.h"
#include "thread.h"

#define FILE_SIZE_MAX INT64_MAX

size_t file_size_allowed(off_t offset, size_t size_bytes) {
    struct process *process = thread_current()->process;
    uint64_t limit = process == NULL ? RLIM_INFINITY : process->limits[RLIMIT_FSIZE].current;
    if ((uint64_t)offset >= limit) {
        signal_raise(process, SIGXFSZ);
        return 0;
    }
    return MIN(size_bytes, MIN(limit, (uint64_t)FILE_SIZE_MAX) - (uint64_t)offset);
}
