// Between core/thread.c and core/process.c.
#pragma once

#include "types.h"

struct process;

pid_t tid_new(void); // a number that no thread and no process has
void process_end(
    struct process *process); // its last thread is ending: runs the hooks, releases what it owned
