// Between drivers/channel.c (the port, sending) and drivers/channel_receive.c.
#pragma once

struct virtio_queue;

void channel_on_received(struct virtio_queue *queue);
void channel_start_receiving(struct virtio_queue *queue);
