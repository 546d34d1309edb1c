// virtio over MMIO: a driver registers for a device id and gets queues.
#pragma once

#include "set.h"
#include "types.h"

struct virtio_device;
struct virtio_queue;

struct virtio_driver {
    uint32_t device_id;
    int (*start)(struct virtio_device *device);
};
#define VIRTIO_DRIVER(id) SET_ENTRY(virtio, id, struct virtio_driver, virtio_driver_##id)

int virtio_negotiate(struct virtio_device *device, uint64_t wanted_features,
                     uint64_t *got_features);
struct virtio_queue *virtio_queue_new(struct virtio_device *device, unsigned index,
                                      void (*on_used)(struct virtio_queue *));
void virtio_ready(struct virtio_device *device); // from here on the device works on what is queued
void virtio_poll(struct virtio_device *device);  // calls on_used as the interrupt would
void *virtio_context(struct virtio_queue *queue);
void virtio_set_context(struct virtio_queue *queue, void *context);
uint64_t virtio_config_read(struct virtio_device *device, size_t offset, size_t size_bytes);
// A buffer (kernel memory, physically contiguous) for the device to read or write. -ENOSPC when the
// ring is full.
int virtio_add(struct virtio_queue *queue, void *buffer, size_t size_bytes, bool device_writes,
               void *token);
void virtio_kick(struct virtio_queue *queue);
void *virtio_take(struct virtio_queue *queue,
                  size_t *written_bytes); // a finished buffer's token, or NULL
