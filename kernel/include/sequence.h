// Restartable sequences (sys/rseq.c): somebody has to know when the app is interrupted.
#pragma once

#include "set.h"

struct regs;

// The app loses the CPU where it stands, or a handler is about to run. An image whose program
// cannot call rseq(2) has nobody to tell.
typedef void (*app_interrupted_fn)(struct regs *regs);
#define APP_INTERRUPTED_HOOK(function)                                                             \
    SET_ENTRY(app_interrupted, 1, app_interrupted_fn, interrupted_##function) = function
void app_interrupted(struct regs *regs); // core/signal_exit.c
