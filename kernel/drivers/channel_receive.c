// The kernel's side of the conversation with `hermipy run`: receiving. The port is a stream of
// bytes, so a message may begin in one buffer and end in another. Bytes of stdin pass through as
// they come; other messages are a few bytes and are gathered first. A listener that takes less than
// it is given stops the stream, and so the host.
#include <asm/errno.h>

#include "arch.h"
#include "channel.h"
#include "channel_port.h"
#include "clock.h"
#include "device.h"
#include "page.h"
#include "report.h"
#include "signal.h"
#include "string.h"
#include "thread.h"

enum { BUFFER_COUNT = 4, SMALL_MAX = 8, FIRST_PID = 1 };

#define BUFFER_SIZE (PAGE_SIZE / BUFFER_COUNT)

static struct {
    struct virtio_queue *queue;
    channel_receive_fn receive;
    char *current; // the buffer that is being read
    size_t position, end;
    struct channel_message header;
    size_t header_read;
    uint32_t payload_read;
    uint8_t small[SMALL_MAX];
} stream;

// At the next safe point: the answer may have to wait for the device, which nothing here may.
static void ask_where(void) {
    static struct timer soon;
    timer_set(&soon, 0, report_threads);
}

static void deliver_small(void) {
    int32_t signo;
    if (stream.header.kind == CHANNEL_ASK_WHERE) {
        ask_where();
        return;
    }
    if (stream.header.kind != CHANNEL_SIGNAL) {
        if (stream.receive != NULL) {
            stream.receive(stream.header.kind, stream.small,
                           MIN(stream.header.size_bytes, SMALL_MAX));
        }
        return;
    }
    memcpy(&signo, stream.small, sizeof(signo));
    struct process *process = process_find(FIRST_PID);
    if (process != NULL && signo > 0 && signo <= SIGNAL_COUNT) {
        signal_raise(process, signo);
    }
}

static size_t read_header(const char *bytes, size_t size_bytes) {
    size_t part = MIN(size_bytes, sizeof(stream.header) - stream.header_read);
    memcpy((char *)&stream.header + stream.header_read, bytes, part);
    stream.header_read += part;
    return part;
}

// How many of the payload's bytes were taken.
static size_t read_payload(const char *bytes, size_t size_bytes) {
    size_t part = MIN(size_bytes, stream.header.size_bytes - stream.payload_read);
    if (stream.header.kind == CHANNEL_STDIN) {
        return stream.receive == NULL ? 0 : stream.receive(CHANNEL_STDIN, bytes, part);
    }
    for (size_t i = 0; i < part && stream.payload_read + i < SMALL_MAX; i++) {
        stream.small[stream.payload_read + i] = (uint8_t)bytes[i];
    }
    return part;
}

static void end_message(void) {
    if (stream.header.kind != CHANNEL_STDIN) {
        deliver_small();
    }
    stream.header_read = 0;
    stream.payload_read = 0;
    memset(stream.small, 0, sizeof(stream.small));
}

// False: the listener has no room, and the rest waits for channel_resume().
static bool read_some(void) {
    const char *bytes = stream.current + stream.position;
    size_t size = stream.end - stream.position;
    if (stream.header_read < sizeof(stream.header)) {
        stream.position += read_header(bytes, size);
    } else {
        size_t taken = read_payload(bytes, size);
        if (taken == 0) {
            return false;
        }
        stream.position += taken;
        stream.payload_read += (uint32_t)taken;
    }
    if (stream.header_read == sizeof(stream.header) &&
        stream.payload_read == stream.header.size_bytes) {
        end_message();
    }
    return true;
}

static void give_back(char *buffer) {
    if (virtio_add(stream.queue, buffer, BUFFER_SIZE, true, buffer) == 0) {
        virtio_kick(stream.queue);
    }
}

static bool take_buffer(void) {
    if (stream.current == NULL) {
        stream.current = virtio_take(stream.queue, &stream.end);
        stream.position = 0;
    }
    return stream.current != NULL;
}

void channel_on_received(UNUSED struct virtio_queue *queue) {
    while (take_buffer()) {
        if (stream.position < stream.end && !read_some()) {
            return;
        }
        if (stream.position == stream.end) {
            give_back(stream.current);
            stream.current = NULL;
        }
    }
}

void channel_resume(void) {
    if (stream.queue != NULL) {
        channel_on_received(stream.queue);
    }
}

void channel_listen(channel_receive_fn receive) {
    stream.receive = receive;
    channel_resume();
}

void channel_start_receiving(struct virtio_queue *queue) {
    uint64_t pa = page_alloc();
    if (pa == 0) {
        return;
    }
    stream.queue = queue;
    char *page = pa_to_va(pa);
    for (size_t i = 0; i < BUFFER_COUNT; i++) {
        give_back(page + i * BUFFER_SIZE);
    }
}
