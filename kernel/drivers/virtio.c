// virtio over MMIO (virtio 1.1, section 4.2), modern devices only, split queues without
// indirection: each buffer is one descriptor. QEMU's machines have fixed slots, most of them empty;
// a driver that is linked finds its device here. Everything of a queue lies in one page.
#include <asm/errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "arch.h"
#include "device.h"
#include "heap.h"
#include "page.h"
#include "report.h"
#include "string.h"

enum {
    MAGIC = 0x74726976, // "virt"
    VERSION = 2,
    QUEUE_SIZE_MAX = 64,
    QUEUES_MAX = 4,
    AVAILABLE_OFFSET = QUEUE_SIZE_MAX * sizeof(struct vring_desc),
    USED_OFFSET = 2048,
};

struct virtio_queue {
    struct virtio_device *device;
    unsigned index;
    uint16_t size, free_head, free_count, used_seen;
    struct vring_desc *descriptors;
    struct vring_avail *available;
    volatile struct vring_used *used;
    void *tokens[QUEUE_SIZE_MAX];
    void (*on_used)(struct virtio_queue *queue);
    void *context;
};

struct virtio_device {
    uint64_t base_pa;
    struct virtio_queue *queues[QUEUES_MAX];
};

SET_DECLARE(virtio, struct virtio_driver);

static volatile uint32_t *reg(const struct virtio_device *device, unsigned offset) {
    return pa_to_va(device->base_pa + offset);
}

static void add_status(struct virtio_device *device, uint32_t bits) {
    *reg(device, VIRTIO_MMIO_STATUS) |= bits;
}

static void barrier(void) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void virtio_poll(struct virtio_device *device) {
    *reg(device, VIRTIO_MMIO_INTERRUPT_ACK) = *reg(device, VIRTIO_MMIO_INTERRUPT_STATUS);
    for (unsigned i = 0; i < QUEUES_MAX; i++) {
        struct virtio_queue *queue = device->queues[i];
        if (queue != NULL && queue->on_used != NULL) {
            queue->on_used(queue);
        }
    }
}

static void interrupt(void *context) {
    virtio_poll(context);
}

static void start_driver(struct virtio_device *device, uint32_t device_id, unsigned line) {
    SET_FOR_EACH (driver, virtio, struct virtio_driver) {
        if (driver->device_id != device_id) {
            continue;
        }
        *reg(device, VIRTIO_MMIO_STATUS) = 0;
        add_status(device, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
        irq_register(line, interrupt, device);
        int error = driver->start(device);
        if (error != 0) {
            add_status(device, VIRTIO_CONFIG_S_FAILED);
            log_line("virtio device %u does not start: error %d", device_id, -error);
        }
        return;
    }
}

static void virtio_scan(void) {
    for (unsigned slot = 0; slot < VIRTIO_COUNT; slot++) {
        const struct virtio_device found = {.base_pa = VIRTIO_BASE + slot * VIRTIO_STRIDE};
        uint32_t device_id = *reg(&found, VIRTIO_MMIO_DEVICE_ID);
        if (*reg(&found, VIRTIO_MMIO_MAGIC_VALUE) != MAGIC || device_id == 0 ||
            *reg(&found, VIRTIO_MMIO_VERSION) != VERSION) {
            continue;
        }
        struct virtio_device *device = heap_alloc(sizeof(*device));
        if (device != NULL) {
            *device = found;
            start_driver(device, device_id, VIRTIO_IRQ + slot);
        }
    }
}
INITCALL(1, virtio_scan);

int virtio_negotiate(struct virtio_device *device, uint64_t wanted_features,
                     uint64_t *got_features) {
    wanted_features |= 1UL << VIRTIO_F_VERSION_1;
    uint64_t features = 0;
    for (unsigned half = 0; half < 2; half++) {
        *reg(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL) = half;
        uint32_t offered = *reg(device, VIRTIO_MMIO_DEVICE_FEATURES);
        uint32_t taken = offered & (uint32_t)(wanted_features >> (32 * half));
        *reg(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL) = half;
        *reg(device, VIRTIO_MMIO_DRIVER_FEATURES) = taken;
        features |= (uint64_t)taken << (32 * half);
    }
    *got_features = features;
    add_status(device, VIRTIO_CONFIG_S_FEATURES_OK);
    bool accepted = (*reg(device, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK) != 0;
    return accepted && (features >> VIRTIO_F_VERSION_1 & 1) != 0 ? 0 : -ENODEV;
}

static void set_address(struct virtio_queue *queue, unsigned low_register,
                        const volatile void *va) {
    uint64_t pa = va_to_pa((const void *)va);
    *reg(queue->device, low_register) = (uint32_t)pa;
    *reg(queue->device, low_register + 4) = (uint32_t)(pa >> 32);
}

// All descriptors are free: a list through their next fields.
static void lay_out(struct virtio_queue *queue, char *page) {
    queue->descriptors = (struct vring_desc *)page;
    queue->available = (struct vring_avail *)(page + AVAILABLE_OFFSET);
    queue->used = (struct vring_used *)(page + USED_OFFSET);
    queue->free_count = queue->size;
    for (uint16_t i = 0; i < queue->size; i++) {
        queue->descriptors[i].next = (uint16_t)(i + 1);
    }
}

struct virtio_queue *virtio_queue_new(struct virtio_device *device, unsigned index,
                                      void (*on_used)(struct virtio_queue *)) {
    struct virtio_queue *queue = heap_alloc_zeroed(sizeof(*queue));
    uint64_t page_pa = page_alloc_zeroed();
    *reg(device, VIRTIO_MMIO_QUEUE_SEL) = index;
    uint32_t size = MIN(*reg(device, VIRTIO_MMIO_QUEUE_NUM_MAX), (uint32_t)QUEUE_SIZE_MAX);
    if (queue == NULL || page_pa == 0 || size == 0 || index >= QUEUES_MAX) {
        heap_free(queue);
        if (page_pa != 0) {
            page_release(page_pa);
        }
        return NULL;
    }
    queue->device = device;
    queue->index = index;
    queue->size = (uint16_t)size;
    queue->on_used = on_used;
    lay_out(queue, pa_to_va(page_pa));
    *reg(device, VIRTIO_MMIO_QUEUE_NUM) = size;
    set_address(queue, VIRTIO_MMIO_QUEUE_DESC_LOW, queue->descriptors);
    set_address(queue, VIRTIO_MMIO_QUEUE_AVAIL_LOW, queue->available);
    set_address(queue, VIRTIO_MMIO_QUEUE_USED_LOW, queue->used);
    *reg(device, VIRTIO_MMIO_QUEUE_READY) = 1;
    device->queues[index] = queue;
    return queue;
}

void virtio_ready(struct virtio_device *device) {
    add_status(device, VIRTIO_CONFIG_S_DRIVER_OK);
}

void *virtio_context(struct virtio_queue *queue) {
    return queue->context;
}

void virtio_set_context(struct virtio_queue *queue, void *context) {
    queue->context = context;
}

uint64_t virtio_config_read(struct virtio_device *device, size_t offset, size_t size_bytes) {
    uint64_t value = 0;
    const volatile uint8_t *config = pa_to_va(device->base_pa + VIRTIO_MMIO_CONFIG + offset);
    for (size_t i = 0; i < size_bytes; i++) {
        value |= (uint64_t)config[i] << (8 * i);
    }
    return value;
}

int virtio_add(struct virtio_queue *queue, void *buffer, size_t size_bytes, bool device_writes,
               void *token) {
    if (queue->free_count == 0) {
        return -ENOSPC;
    }
    uint16_t head = queue->free_head;
    struct vring_desc *descriptor = &queue->descriptors[head];
    queue->free_head = descriptor->next;
    queue->free_count--;
    queue->tokens[head] = token;
    descriptor->addr = va_to_pa(buffer);
    descriptor->len = (uint32_t)size_bytes;
    descriptor->flags = device_writes ? VRING_DESC_F_WRITE : 0;
    queue->available->ring[queue->available->idx % queue->size] = head;
    barrier(); // the device must not see the index before the entry
    queue->available->idx++;
    return 0;
}

void virtio_kick(struct virtio_queue *queue) {
    barrier();
    *reg(queue->device, VIRTIO_MMIO_QUEUE_NOTIFY) = queue->index;
}

void *virtio_take(struct virtio_queue *queue, size_t *written_bytes) {
    if (queue->used_seen == queue->used->idx) {
        return NULL;
    }
    barrier();
    const volatile struct vring_used_elem *element =
        &queue->used->ring[queue->used_seen % queue->size];
    uint16_t head = (uint16_t)element->id;
    ASSERT(head < queue->size);
    *written_bytes = element->len;
    queue->used_seen++;
    queue->descriptors[head].next = queue->free_head;
    queue->free_head = head;
    queue->free_count++;
    return queue->tokens[head];
}
