// What lies between two AF_UNIX sockets: packets in the receiver's queue, paid for by the sender's
// buffer until they are received.
#include <asm/errno.h>
#include <asm/poll.h>

#include "heap.h"
#include "unix.h"

// What Linux counts for a small packet besides its bytes (skb->truesize), so that as many fit here.
enum { PACKET_COST = 768, NOBODY = 65534, DATAGRAMS_MAX = 10 }; // net.unix.max_dgram_qlen

static bool may_send(const struct unix_socket *self) {
    return self->sent_bytes < self->socket.send_buffer || self->socket.error != 0 ||
           (self->shut & UNIX_NO_SEND) != 0;
}

int unix_wait_for_room(struct unix_socket *self, uint64_t deadline_ns) {
    int error = SOCKET_WAIT(&self->socket.writable, may_send(self), deadline_ns);
    if (error == 0) {
        error = socket_take_error(&self->socket);
    }
    return error == 0 && (self->shut & UNIX_NO_SEND) != 0 ? -EPIPE : error;
}

// Two that are connected to each other are limited by their buffers only.
bool unix_queue_is_full(const struct unix_socket *to, const struct unix_socket *from) {
    return to != from && to->peer != from && to->packet_count > DATAGRAMS_MAX;
}

// --- packets ------------------------------------------------------------------------------------

// Told unasked only to who wants to know, or may want to once it is accepted.
static struct ucred credentials_for(const struct unix_socket *self, const struct unix_socket *to,
                                    const struct socket_control *control) {
    if (control->has_credentials) {
        return control->credentials;
    }
    bool wanted =
        self->socket.pass_credentials || to->socket.pass_credentials || !list_empty(&to->waiting);
    return wanted ? socket_own_credentials() : (struct ucred){0, NOBODY, NOBODY};
}

int unix_packet_new(struct unix_socket *self, const struct unix_socket *to,
                    struct socket_message *message, size_t length, struct unix_packet **made) {
    struct unix_packet *packet = heap_alloc(sizeof(*packet) + length);
    if (packet == NULL) {
        return -ENOBUFS;
    }
    if (uio_read(&message->data, packet->bytes, length) != length) {
        heap_free(packet);
        return -EFAULT;
    }
    *packet = (struct unix_packet){
        .sender = self,
        .from = self->address,
        .rights = message->control.rights,
        .credentials = credentials_for(self, to, &message->control),
        .length = length,
        .cost = PACKET_COST + length,
    };
    message->control.rights = NULL;
    list_init(&packet->node);
    unix_hold(self);
    if (packet->from != NULL) {
        unix_address_hold(packet->from);
    }
    self->sent_bytes += packet->cost;
    *made = packet;
    return 0;
}

void unix_packet_send(struct unix_packet *packet, struct unix_socket *to) {
    list_push_back(&to->packets, &packet->node);
    to->packet_count++;
    wait_wake(&to->socket.readable, POLLIN | POLLRDNORM);
}

void unix_packet_free(struct unix_packet *packet) {
    struct unix_socket *sender = packet->sender;
    struct socket_rights *rights = packet->rights;
    sender->sent_bytes -= packet->cost;
    if (unix_writable(sender)) {
        wait_wake(&sender->socket.writable, POLLOUT | POLLWRNORM | POLLWRBAND);
    }
    unix_address_release(packet->from);
    unix_release(sender);
    heap_free(packet);
    socket_rights_free(rights); // last: closing a file may close sockets
}

void unix_packet_done(struct unix_packet *packet, struct unix_socket *self) {
    list_remove(&packet->node);
    self->packet_count--;
    if (self->socket.type == SOCK_DGRAM) {
        wait_wake(&self->socket.writable, POLLOUT | POLLWRNORM);
        LIST_FOR_EACH (watcher, &self->watchers, struct unix_socket, watching) {
            wait_wake(&watcher->socket.writable, POLLOUT | POLLWRNORM);
        }
    }
    unix_packet_free(packet);
}

void unix_queue_clear(struct unix_socket *self) {
    while (!list_empty(&self->packets)) {
        unix_packet_done(LIST_FIRST(&self->packets, struct unix_packet, node), self);
    }
}

// --- receiving ----------------------------------------------------------------------------------

void unix_packet_sender(const struct unix_packet *packet, struct socket_message *message) {
    if (packet->from != NULL) {
        message->address = packet->from->address;
    }
}

int unix_packet_control(struct unix_packet *packet, const struct unix_socket *self,
                        struct socket_message *message) {
    struct socket_control *control = &message->control;
    control->has_credentials = self->socket.pass_credentials;
    control->credentials = packet->credentials;
    if (packet->rights == NULL) {
        return 0;
    }
    if ((message->flags & MSG_PEEK) == 0) {
        control->rights = packet->rights;
        packet->rights = NULL;
        return 0;
    }
    control->rights = socket_rights_copy(packet->rights);
    return control->rights == NULL ? -ENOMEM : 0;
}
