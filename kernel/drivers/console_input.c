// What comes to descriptor 0: from the host over the channel, or from the UART when there is none.
// A terminal's bytes go through the line discipline at once (tty_line.c); a pipe's wait here until
// they are read, and the host is asked for no more than there is room, so a program that never
// reads leaves its stdin alone.
#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/fcntl.h>

#include "arch.h"
#include "channel.h"
#include "console.h"
#include "file.h"
#include "heap.h"
#include "string.h"
#include "uio.h"

enum { PIPE_SIZE = 65536, TTY_ROOM = 4096 };

static struct {
    bool started, ended;
    char *bytes; // a ring of PIPE_SIZE; NULL for a terminal
    size_t first, count;
    size_t asked; // bytes that the host may still send
} input;

static struct tty_line line = {.readers = WAIT_QUEUE_INIT(line.readers)};
static struct wait_queue pipe_readers = WAIT_QUEUE_INIT(pipe_readers);

static bool is_terminal(void) {
    return console_fd_is_tty(0);
}

static size_t wanted_room(void) {
    return is_terminal() ? TTY_ROOM : PIPE_SIZE - input.count;
}

// In large steps: a message for each byte read would cost more than the bytes.
static void ask_for_more(void) {
    size_t room = wanted_room();
    if (!channel_is_framed() || input.ended || room < input.asked + TTY_ROOM / 2) {
        return;
    }
    uint32_t more = (uint32_t)(room - input.asked);
    input.asked += more;
    channel_send(CHANNEL_STDIN_ROOM, &more, sizeof(more));
    channel_push();
}

// --- from outside
// ---------------------------------------------------------------------------------

static size_t pipe_receive(const char *bytes, size_t size_bytes) {
    size_t taken = MIN(size_bytes, PIPE_SIZE - input.count);
    for (size_t done = 0; done < taken;) {
        size_t place = (input.first + input.count) % PIPE_SIZE;
        size_t part = MIN(taken - done, PIPE_SIZE - place);
        memcpy(input.bytes + place, bytes + done, part);
        input.count += part;
        done += part;
    }
    wait_wake(&pipe_readers, POLLIN | POLLRDNORM);
    return taken;
}

static size_t receive_bytes(const char *bytes, size_t size_bytes) {
    size_t taken = size_bytes;
    if (is_terminal()) {
        tty_line_receive(&console_tty, bytes, size_bytes);
    } else {
        taken = pipe_receive(bytes, size_bytes);
    }
    input.asked -= MIN(input.asked, taken);
    if (is_terminal()) {
        ask_for_more();
    }
    return taken;
}

static void receive_end(void) {
    input.ended = true;
    if (is_terminal()) {
        tty_line_hang_up(&console_tty);
    }
    wait_wake(&pipe_readers, POLLIN | POLLRDNORM | POLLHUP);
}

static void receive_window(const uint16_t *size) {
    if (console_tty.size.ws_row == size[0] && console_tty.size.ws_col == size[1]) {
        return;
    }
    console_tty.size.ws_row = size[0];
    console_tty.size.ws_col = size[1];
    tty_signal(&console_tty, SIGWINCH);
}

static size_t receive(enum channel_kind kind, const void *bytes, size_t size_bytes) {
    switch (kind) {
    case CHANNEL_STDIN:
        return receive_bytes(bytes, size_bytes);
    case CHANNEL_STDIN_END:
        receive_end();
        break;
    case CHANNEL_WINDOW:
        receive_window(bytes);
        break;
    default:
        break;
    }
    return size_bytes;
}

static void uart_receive(UNUSED void *context) {
    int c;
    while ((c = uart_get()) >= 0) {
        char byte = (char)c;
        (void)receive_bytes(&byte, 1);
    }
}

// --- the reader's side
// ----------------------------------------------------------------------------

static void start(void) {
    if (input.started) {
        return;
    }
    if (!is_terminal()) {
        input.bytes = heap_alloc(PIPE_SIZE);
        if (input.bytes == NULL) {
            return;
        }
    }
    console_tty.line = &line;
    input.started = true;
    if (channel_is_framed()) {
        channel_listen(receive);
    } else {
        uart_irq_enable(uart_receive);
    }
    ask_for_more();
}

static size_t take(struct uio *to) {
    size_t total = 0;
    while (to->remaining > 0 && input.count > 0) {
        size_t part = MIN(MIN(to->remaining, input.count), PIPE_SIZE - input.first);
        size_t moved = uio_write(to, input.bytes + input.first, part);
        input.first = (input.first + moved) % PIPE_SIZE;
        input.count -= moved;
        total += moved;
        if (moved < part) {
            break;
        }
    }
    return total;
}

static bool pipe_readable(void) {
    return input.count > 0 || input.ended;
}

static int wait_for_pipe(const struct file *file) {
    if (pipe_readable()) {
        return 0;
    }
    if ((file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    channel_push(); // the program's prompt, before it waits for the answer
    return WAIT_EVENT(&pipe_readers, pipe_readable(), WAIT_FOREVER);
}

static ssize_t pipe_read(struct file *file, struct uio *to) {
    int error = to->remaining == 0 ? 0 : wait_for_pipe(file);
    if (error != 0 || to->remaining == 0 || input.count == 0) {
        return error;
    }
    size_t moved = take(to);
    ask_for_more();
    channel_resume();
    return moved > 0 ? (ssize_t)moved : -EFAULT;
}

static ssize_t input_read(struct file *file, struct uio *to) {
    start();
    if (!input.started) {
        return -ENOMEM;
    }
    if (is_terminal()) {
        return tty_line_read(&console_tty, file, to);
    }
    return pipe_read(file, to);
}

static uint32_t input_poll(UNUSED struct file *file, struct poll_table *table) {
    start();
    channel_push();
    if (is_terminal()) {
        poll_add(table, &line.readers);
        return tty_line_readable(&console_tty) ? POLLIN | POLLRDNORM : 0;
    }
    poll_add(table, &pipe_readers);
    uint32_t data = input.count > 0 ? POLLIN | POLLRDNORM : 0;
    return data | (input.ended ? POLLHUP : 0);
}

static size_t available(UNUSED struct file *file) {
    start();
    return is_terminal() ? tty_line_available(&console_tty) : input.count;
}

const struct console_input console_input = {
    .start = start,
    .read = input_read,
    .poll = input_poll,
    .available = available,
    .discard = tty_line_discard,
    .insert = tty_line_receive,
    .termios_changed = tty_line_termios_changed,
};
