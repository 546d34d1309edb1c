// What the kernel and `hermipy run` say to each other, over the virtio console port. Each message is a
// channel_message and then size_bytes of payload; hermipy/channel.py is the other end. Without `channel=1`
// among the boot arguments nothing is framed: stdout and stderr go out as they are, so that an image also
// runs under a bare QEMU.
#pragma once

#include "types.h"

struct channel_message {
    uint8_t kind;
    uint8_t reserved[3];
    uint32_t size_bytes;
};

enum channel_kind {
    // guest to host
    CHANNEL_STDOUT = 1,         // bytes
    CHANNEL_STDERR = 2,         // bytes
    CHANNEL_LOG = 3,            // one line of the kernel's own, for the host's stderr, no newline
    CHANNEL_EXIT = 4,           // int32_t: exit status 0..255 (128+n for a signal, 125 for a kernel fault); the last message
    CHANNEL_FAULT = 5,          // text, lines `key value...` (core/report.c lists them); the host adds symbols
    CHANNEL_STATS = 6,          // struct channel_stats_row[]
    CHANNEL_MISSING = 7,        // uint32_t: a number that is not linked was called for the first time
    CHANNEL_FAULT_STACK = 8,    // uint64_t address, then the app's stack from there, for unwinding
    CHANNEL_MEMORY = 9,         // uint64_t: peak bytes of RAM in use, at exit
    // host to guest
    CHANNEL_STDIN = 32,         // bytes
    CHANNEL_STDIN_END = 33,
    CHANNEL_WINDOW = 34,        // uint16_t rows, columns
    CHANNEL_SIGNAL = 35,        // int32_t: SIGINT, SIGTERM ... for the foreground process
};

struct channel_stats_row {
    uint32_t number;
    uint32_t reserved;
    uint64_t direct, trap, errors;
};

// drivers/channel.c. Before the port is found, and in a panic, messages that carry text go to the UART.
void channel_send(enum channel_kind kind, const void *payload, size_t size_bytes);
bool channel_is_framed(void);
void channel_flush(void);       // until the host has taken everything: before power_off
