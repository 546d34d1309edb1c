// The kernel's side of the conversation with `hermipy run`: sending. Everything that leaves the
// machine passes here, so this object is in every image. Messages are gathered in two buffers: one
// fills while the device has the other. Without a port, or without `channel=1`, text goes to the
// UART as it is.
#include "channel.h"

#include <asm/errno.h>
#include <linux/virtio_ids.h>

#include "arch.h"
#include "boot.h"
#include "channel_port.h"
#include "clock.h"
#include "device.h"
#include "page.h"
#include "percpu.h"
#include "string.h"
#include "wait.h"

enum { RECEIVE_QUEUE = 0, SEND_QUEUE = 1, BUFFER_PAGES = 4 };

#define BUFFER_SIZE (BUFFER_PAGES * PAGE_SIZE)
#define GATHER_NS NSEC_PER_MSEC

struct send_buffer {
    char *bytes;
    size_t used;
    bool in_flight;
};

static struct {
    struct virtio_device *device;
    struct virtio_queue *queue;
    struct send_buffer buffers[2];
    unsigned filling;
    struct timer gather;
} port;

static struct wait_queue room_queue = WAIT_QUEUE_INIT(room_queue);

bool channel_is_framed(void) {
    return port.queue != NULL;
}

struct wait_queue *channel_room_queue(void) {
    return &room_queue;
}

static struct send_buffer *filling(void) {
    return &port.buffers[port.filling];
}

static void on_sent(struct virtio_queue *queue) {
    size_t written;
    struct send_buffer *buffer;
    bool any = false;
    while ((buffer = virtio_take(queue, &written)) != NULL) {
        buffer->in_flight = false;
        buffer->used = 0;
        any = true;
    }
    if (any) {
        wait_wake(&room_queue, 0);
    }
}

// QEMU takes a buffer within the kick unless its reader is slow: only then is there something to
// wait for.
static void submit(void) {
    struct send_buffer *buffer = filling();
    if (buffer->used == 0 || buffer->in_flight) {
        return;
    }
    timer_cancel(&port.gather);
    buffer->in_flight = true;
    if (virtio_add(port.queue, buffer->bytes, buffer->used, false, buffer) != 0) {
        return; // cannot be: the ring has more entries than there are buffers
    }
    port.filling ^= 1;
    virtio_kick(port.queue);
    on_sent(port.queue);
}

static void gather_ended(UNUSED struct timer *timer) {
    submit();
}

// The whole machine waits: for the kernel's own messages only. Programs sleep on room_queue
// instead.
static void wait_for_device(void) {
    virtio_poll(port.device);
}

static void put(const void *bytes, size_t size_bytes) {
    const char *from = bytes;
    while (size_bytes > 0) {
        struct send_buffer *buffer = filling();
        if (buffer->in_flight) {
            wait_for_device();
            continue;
        }
        size_t part = MIN(size_bytes, BUFFER_SIZE - buffer->used);
        memcpy(buffer->bytes + buffer->used, from, part);
        buffer->used += part;
        from += part;
        size_bytes -= part;
        if (buffer->used == BUFFER_SIZE) {
            submit();
        }
    }
}

bool channel_has_room(size_t size_bytes) {
    if (!channel_is_framed()) {
        return true;
    }
    size_t room = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(port.buffers); i++) {
        const struct send_buffer *buffer = &port.buffers[i];
        room += buffer->in_flight ? 0 : BUFFER_SIZE - buffer->used;
    }
    return room >= sizeof(struct channel_message) + size_bytes;
}

static void send_to_uart(enum channel_kind kind, const char *text, size_t size_bytes) {
    bool is_line = kind == CHANNEL_LOG || kind == CHANNEL_FAULT;
    if (!is_line && kind != CHANNEL_STDOUT && kind != CHANNEL_STDERR) {
        return;
    }
    for (size_t i = 0; i < size_bytes; i++) {
        uart_put(text[i]);
    }
    if (is_line && (size_bytes == 0 || text[size_bytes - 1] != '\n')) {
        uart_put('\n');
    }
}

void channel_send(enum channel_kind kind, const void *payload, size_t size_bytes) {
    if (!channel_is_framed()) {
        send_to_uart(kind, payload, size_bytes);
        return;
    }
    const struct channel_message message = {
        .kind = (uint8_t)kind,
        .size_bytes = (uint32_t)size_bytes,
    };
    put(&message, sizeof(message));
    put(payload, size_bytes);
    if (filling()->used > 0 && !port.gather.armed) {
        timer_set(&port.gather, clock_monotonic_ns() + GATHER_NS, gather_ended);
    }
}

void channel_push(void) {
    if (channel_is_framed()) {
        submit();
    }
}

void channel_flush(void) {
    if (!channel_is_framed()) {
        return;
    }
    submit();
    while (port.buffers[0].used > 0 || port.buffers[1].used > 0) {
        wait_for_device();
        submit();
    }
}

static bool wanted(void) {
    char value[4];
    return boot_argument("channel", value, sizeof(value)) && strcmp(value, "1") == 0;
}

static int channel_start(struct virtio_device *device) {
    uint64_t features;
    if (!wanted() || channel_is_framed()) {
        return 0;
    }
    if (virtio_negotiate(device, 0, &features) != 0) {
        return -ENODEV;
    }
    struct virtio_queue *receive = virtio_queue_new(device, RECEIVE_QUEUE, channel_on_received);
    struct virtio_queue *send = virtio_queue_new(device, SEND_QUEUE, on_sent);
    uint64_t pa = page_alloc_contiguous(2UL * BUFFER_PAGES);
    if (receive == NULL || send == NULL || pa == 0) {
        return -ENOMEM;
    }
    port.buffers[0].bytes = pa_to_va(pa);
    port.buffers[1].bytes = port.buffers[0].bytes + BUFFER_SIZE;
    virtio_ready(device);
    port.device = device;
    port.queue = send;
    channel_start_receiving(receive);
    return 0;
}
VIRTIO_DRIVER(console) = {VIRTIO_ID_CONSOLE, channel_start};
