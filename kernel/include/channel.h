// What the kernel and `hermipy run` say to each other, over the virtio console port. Each message
// is a channel_message and then size_bytes of payload; hermipy/channel.py is the other end. Without
// `channel=1` among the boot arguments nothing is framed: stdout and stderr go out as they are,
// over the UART, so that an image also runs under a bare QEMU.
//
// The port, on QEMU's command line (virtio-mmio version 2, one port, no multiport):
//   -global virtio-mmio.force-legacy=false -chardev ...,id=hermipy
//   -device virtio-serial-device,max_ports=1 -device virtconsole,chardev=hermipy
#pragma once

#include "types.h"

struct channel_message {
    uint8_t kind;
    uint8_t reserved[3];
    uint32_t size_bytes;
};

enum channel_kind {
    // guest to host
    CHANNEL_STDOUT = 1, // bytes
    CHANNEL_STDERR = 2, // bytes
    CHANNEL_LOG = 3,    // one line of the kernel's own, for the host's stderr, no newline
    CHANNEL_EXIT = 4,   // int32_t: exit status 0..255 (128+n for a signal, 125 for a kernel fault);
                        // the last message
    CHANNEL_FAULT =
        5, // text, lines `key value...` (core/report.c lists them); the host adds symbols
    CHANNEL_STATS = 6,       // struct channel_stats_row[]
    CHANNEL_MISSING = 7,     // uint32_t: a number that is not linked was called for the first time
    CHANNEL_FAULT_STACK = 8, // uint64_t address, then the app's stack from there, for unwinding
    CHANNEL_MEMORY = 9,      // uint64_t: peak bytes of RAM in use, at exit
    // uint32_t: this many more bytes of stdin are wanted. The host sends no more than was asked
    // for, so that a program
    // which does not read its stdin leaves it to whoever comes next, and a signal is never stuck
    // behind data. (A
    // host that sends more loses nothing: the guest stops taking messages until there is room.)
    CHANNEL_STDIN_ROOM = 10,
    CHANNEL_MEMORY_LEFT = 11, // uint64_t: bytes of RAM in use at exit, when stats are linked
    CHANNEL_TRACE = 12, // struct channel_trace and pieces of memory, when core/trace is linked
    CHANNEL_WHERE =
        13, // text, as CHANNEL_FAULT; an empty one ends it: the answer to CHANNEL_ASK_WHERE
    // host to guest
    CHANNEL_STDIN = 32, // bytes
    CHANNEL_STDIN_END = 33,
    CHANNEL_WINDOW = 34,    // uint16_t rows, columns; with 0 among tty= the host's terminal is raw,
                            // the guest edits lines, echoes and turns ^C into a signal
    CHANNEL_SIGNAL = 35,    // int32_t: SIGINT, SIGTERM ... for the foreground process
    CHANNEL_ASK_WHERE = 36, // where is every thread?
};

struct channel_stats_row {
    uint32_t number;
    uint32_t reserved;
    uint64_t direct, trap, errors;
};

enum channel_trace_event {
    TRACE_ENTER = 1,  // number, arguments
    TRACE_LEAVE = 2,  // number, arguments, result
    TRACE_SIGNAL = 3, // number: the signal that is delivered; its siginfo is the piece at address 0
    TRACE_EXIT = 4,   // result: wait(2)'s encoding; -1: what the thread gave to exit(2)
};

// Behind it, as many as the message holds: address, size and that many bytes of the app's memory.
struct channel_trace {
    uint32_t event;
    int32_t tid;
    uint64_t number;
    int64_t result;
    uint64_t arguments[6];
};

struct channel_trace_piece {
    uint64_t address, size_bytes;
};

// drivers/channel.c. Before the port is found, and in a panic, messages that carry text go to the
// UART.
void channel_send(enum channel_kind kind, const void *payload, size_t size_bytes);
bool channel_is_framed(void);
void channel_flush(void); // until the host has taken everything: before power_off
// Small messages are gathered for up to a millisecond; this hands over what is there, without
// waiting.
void channel_push(void);
// A message of so many payload bytes would not have to wait for the host. Otherwise sleep on the
// queue, which channel_send() itself never does.
bool channel_has_room(size_t size_bytes);
struct wait_queue;
struct wait_queue *channel_room_queue(void);

// Who takes what comes from the host (drivers/console_input.c); CHANNEL_SIGNAL is delivered
// without. Gives back how many bytes it took; fewer than `size_bytes` stops the channel until
// channel_resume().
typedef size_t (*channel_receive_fn)(enum channel_kind kind, const void *bytes, size_t size_bytes);
void channel_listen(channel_receive_fn receive);
void channel_resume(void);
