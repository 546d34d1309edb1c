// Pseudoterminals (pty(7)): drivers/pty.c the pair, pty_master.c and pty_slave.c its ends.
#pragma once

#include "console.h"
#include "file.h"
#include "types.h"

enum { PTY_MAX = 64, PTY_OUTPUT_SIZE = 8192, PTY_MAJOR = 136 };

struct pty {
    uint32_t references; // open files of both ends
    unsigned number;     // /dev/pts/N
    struct tty tty;
    struct tty_line line;
    bool locked; // TIOCSPTLCK
    bool master_open;
    uint32_t slaves;              // open
    bool slave_was_open;          // since the master is there
    char output[PTY_OUTPUT_SIZE]; // what the slave wrote: a ring
    uint64_t head, tail;
    struct wait_queue readers; // of the master
    struct wait_queue writers; // of the slave
    struct wait_queue feeders; // who writes to the master while the line is full
};

// pty.c
struct pty *pty_new(void); // one reference, the master's; NULL: no memory, or too many
struct pty *pty_find(unsigned number);
void pty_release(struct pty *pty);
size_t pty_output_used(const struct pty *pty);
size_t pty_output_room(const struct pty *pty);

int pty_slave_open(struct file *file);
int pty_master_open(struct file *file);
// What concerns the session that has the terminal: 0, -errno, or 1: go on with tty_control.
int pty_session(struct tty *tty, uint32_t command);
