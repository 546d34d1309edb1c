// SOCK_DGRAM and SOCK_SEQPACKET: one send is one receive.
#include <asm/errno.h>

#include "unix.h"

enum { SPARE = 32 }; // of the buffer, as on Linux

// --- sending ------------------------------------------------------------------------------------

// Whom it goes to, held.
static int find_target(struct unix_socket *self, const struct socket_message *message,
                       struct unix_socket **to) {
    if (self->socket.type == SOCK_SEQPACKET && self->state != UNIX_CONNECTED) {
        return -ENOTCONN;
    }
    if (message->address.length != 0 && self->socket.type == SOCK_DGRAM) {
        return unix_find(&message->address, SOCK_DGRAM, to);
    }
    if (self->peer == NULL) {
        return -ENOTCONN;
    }
    *to = self->peer;
    unix_hold(*to);
    return 0;
}

static int check_target(struct unix_socket *self, const struct unix_socket *to) {
    if (to->closed && !unix_connects(self)) {
        if (self->peer == to) {
            unix_disconnect(self);
        }
        return -ECONNREFUSED;
    }
    if (to->peer != NULL && to->peer != self) {
        return -EPERM;
    }
    return (to->shut & UNIX_NO_RECEIVE) != 0 ? -EPIPE : 0;
}

static bool has_room(const struct unix_socket *to, const struct unix_socket *from) {
    return unix_connects(from) || to->closed || (to->shut & UNIX_NO_RECEIVE) != 0 ||
           !unix_queue_is_full(to, from);
}

static int wait_for_target(struct unix_socket *self, struct unix_socket *to, uint64_t deadline_ns) {
    int error = check_target(self, to);
    if (error == 0) {
        error = SOCKET_WAIT(&to->socket.writable, has_room(to, self), deadline_ns);
    }
    return error == 0 ? check_target(self, to) : error;
}

static int send_to(struct unix_socket *self, struct unix_socket *to,
                   struct socket_message *message) {
    struct unix_packet *packet;
    uint64_t deadline_ns =
        socket_deadline(self->socket.send_timeout_ns, (message->flags & MSG_DONTWAIT) == 0);
    int error = unix_wait_for_room(self, deadline_ns);
    if (error == 0) {
        error = wait_for_target(self, to, deadline_ns);
    }
    if (error == 0) {
        error = unix_packet_new(self, to, message, message->data.remaining, &packet);
    }
    if (error == 0) {
        unix_packet_send(packet, to);
    }
    return error;
}

ssize_t unix_packet_send_message(struct socket *socket, struct socket_message *message) {
    struct unix_socket *self = unix_of(socket), *to;
    size_t length = message->data.remaining;
    if ((message->flags & MSG_OOB) != 0) {
        return -EOPNOTSUPP;
    }
    int error = find_target(self, message, &to);
    if (error != 0) {
        return error;
    }
    if (socket->pass_credentials && self->address == NULL) {
        error = unix_bind_somehow(self);
    }
    if (error == 0 && length > socket->send_buffer - SPARE) {
        error = -EMSGSIZE;
    }
    error = error == 0 ? send_to(self, to, message) : error;
    unix_release(to);
    return error != 0 ? error : (ssize_t)length;
}

// --- receiving ----------------------------------------------------------------------------------

static bool has_message(const struct unix_socket *self) {
    return !list_empty(&self->packets) || self->socket.error != 0 ||
           (self->shut & UNIX_NO_RECEIVE) != 0;
}

// *packet stays NULL at the end of what was connected.
static int wait_for_message(struct unix_socket *self, uint64_t deadline_ns,
                            struct unix_packet **packet) {
    int error = socket_take_error(&self->socket);
    if (error == 0 && list_empty(&self->packets)) {
        bool ended = (self->shut & UNIX_NO_RECEIVE) != 0;
        if (deadline_ns == 0) {
            return ended && unix_connects(self) ? 0 : -EAGAIN;
        }
        error = SOCKET_WAIT(&self->socket.readable, has_message(self), deadline_ns);
        error = error == 0 ? socket_take_error(&self->socket) : error;
    }
    *packet = LIST_FIRST(&self->packets, struct unix_packet, node);
    return error;
}

static ssize_t take(struct unix_socket *self, struct unix_packet *packet,
                    struct socket_message *message) {
    bool peek = (message->flags & MSG_PEEK) != 0;
    size_t length = packet->length, part = MIN(message->data.remaining, length);
    int error = uio_write(&message->data, packet->bytes, part) == part ? 0 : -EFAULT;
    if (error == 0) {
        error = unix_packet_control(packet, self, message);
    }
    unix_packet_sender(packet, message);
    if (!peek) {
        unix_packet_done(packet, self);
    }
    if (error != 0) {
        return error;
    }
    message->result_flags |= part < length ? MSG_TRUNC : 0;
    return (ssize_t)((message->flags & MSG_TRUNC) != 0 ? length : part);
}

ssize_t unix_packet_receive(struct socket *socket, struct socket_message *message) {
    struct unix_socket *self = unix_of(socket);
    struct unix_packet *packet = NULL;
    if (unix_connects(self) && self->state != UNIX_CONNECTED) {
        return -ENOTCONN;
    }
    if ((message->flags & MSG_OOB) != 0) {
        return -EOPNOTSUPP;
    }
    uint64_t deadline_ns =
        socket_deadline(socket->receive_timeout_ns, (message->flags & MSG_DONTWAIT) == 0);
    int error = wait_for_message(self, deadline_ns, &packet);
    return error != 0 || packet == NULL ? error : take(self, packet, message);
}
