// SIGPIPE goes to the thread that wrote, as from itself.
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "signal.h"
#include "thread.h"

int signal_broken_pipe(void) {
    const struct process *process = process_current();
    struct siginfo_k info = {.signo = SIGPIPE, .code = SI_USER};
    info.fields[0] = (uint64_t)process->pid | (uint64_t)process->credentials.uid << 32;
    signal_send_thread(thread_current(), &info);
    return -EPIPE;
}
