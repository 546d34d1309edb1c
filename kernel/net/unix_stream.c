// SOCK_STREAM: bytes without borders, except those that control messages make (unix(7)): what one
// receive gives comes with the files of one send at most, and when credentials are asked for, from
// one sender.
#include <asm/errno.h>

#include "signal.h"
#include "string.h"
#include "unix.h"

enum { CHUNK_SIZE = 32768, CHUNK_SPARE = 64 };

// --- sending ------------------------------------------------------------------------------------

static bool peer_is_gone(const struct unix_socket *peer) {
    return peer->closed || (peer->shut & UNIX_NO_RECEIVE) != 0;
}

// At most half of the buffer at a time, so that the other side can begin.
static int send_chunk(struct unix_socket *self, struct socket_message *message,
                      uint64_t deadline_ns) {
    if (peer_is_gone(self->peer)) {
        return -EPIPE;
    }
    int error = unix_wait_for_room(self, deadline_ns);
    if (error != 0) {
        return error;
    }
    struct unix_socket *peer = self->peer;
    struct unix_packet *packet;
    size_t most = MIN((size_t)CHUNK_SIZE, self->socket.send_buffer / 2 - CHUNK_SPARE);
    if (peer == NULL || peer_is_gone(peer)) {
        return -EPIPE;
    }
    error = unix_packet_new(self, peer, message, MIN(message->data.remaining, most), &packet);
    if (error == 0) {
        unix_packet_send(packet, peer);
    }
    return error;
}

static int check_send(const struct unix_socket *self, const struct socket_message *message) {
    if ((message->flags & MSG_OOB) != 0) {
        return -EOPNOTSUPP;
    }
    if (message->address.length != 0) {
        return self->state == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    }
    return self->peer == NULL ? -ENOTCONN : 0;
}

ssize_t unix_stream_send(struct socket *socket, struct socket_message *message) {
    struct unix_socket *self = unix_of(socket);
    size_t wanted = message->data.remaining;
    int error = check_send(self, message);
    if (error == 0 && (self->shut & UNIX_NO_SEND) != 0) {
        error = -EPIPE;
    }
    uint64_t deadline_ns =
        socket_deadline(socket->send_timeout_ns, (message->flags & MSG_DONTWAIT) == 0);
    while (error == 0 && message->data.remaining > 0) {
        size_t before = message->data.remaining;
        error = send_chunk(self, message, deadline_ns);
        if (error == -EFAULT) {
            message->data.remaining = before; // what was read of a chunk that failed is not sent
        }
    }
    size_t sent = wanted - message->data.remaining;
    if (sent > 0) {
        return (ssize_t)sent;
    }
    return error == -EPIPE && (message->flags & MSG_NOSIGNAL) == 0 ? signal_broken_pipe() : error;
}

// --- receiving ----------------------------------------------------------------------------------

// What a receive has behind it.
struct progress {
    size_t done;
    size_t skip;   // bytes at the head of the queue that MSG_PEEK has looked at
    bool from_one; // and this is who:
    struct ucred sender;
};

static bool is_peek(const struct socket_message *message) {
    return (message->flags & MSG_PEEK) != 0;
}

// The packet that holds the byte after `skip` others; *skip becomes its place in the packet.
static struct unix_packet *packet_at(const struct unix_socket *self, size_t *skip) {
    LIST_FOR_EACH (packet, &self->packets, struct unix_packet, node) {
        size_t rest = packet->length - packet->taken;
        if (*skip < rest) {
            return packet;
        }
        *skip -= rest;
    }
    return NULL;
}

static bool has_more(const struct unix_socket *self, size_t skip) {
    return packet_at(self, &skip) != NULL || self->socket.error != 0 ||
           (self->shut & UNIX_NO_RECEIVE) != 0;
}

// 0: there is more; 1: the end; or -errno.
static int wait_for_more(struct unix_socket *self, size_t skip, uint64_t deadline_ns) {
    int error = socket_take_error(&self->socket);
    if (error != 0 || (self->shut & UNIX_NO_RECEIVE) != 0) {
        return error != 0 ? error : 1;
    }
    return SOCKET_WAIT(&self->socket.readable, has_more(self, skip), deadline_ns);
}

// Whether this packet may follow in the same receive.
static bool belongs(const struct unix_socket *self, const struct unix_packet *packet,
                    struct socket_message *message, struct progress *progress) {
    if (!progress->from_one) {
        progress->from_one = true;
        progress->sender = packet->credentials;
        unix_packet_sender(packet, message);
        return true;
    }
    return !self->socket.pass_credentials ||
           memcmp(&packet->credentials, &progress->sender, sizeof(progress->sender)) == 0;
}

// 0: go on; 1: this receive ends here; or -errno.
static int take_from(struct unix_socket *self, struct unix_packet *packet, size_t at,
                     struct socket_message *message, struct progress *progress) {
    size_t start = packet->taken + at;
    size_t part = MIN(message->data.remaining, packet->length - start);
    size_t moved = uio_write(&message->data, packet->bytes + start, part);
    if (moved < part && moved == 0) {
        return -EFAULT;
    }
    progress->done += moved;
    int error = unix_packet_control(packet, self, message);
    if (error != 0) {
        return error;
    }
    if (is_peek(message)) {
        progress->skip += moved;
    } else {
        packet->taken += moved;
        if (packet->taken == packet->length) {
            unix_packet_done(packet, self);
        }
    }
    return moved < part || message->control.rights != NULL ? 1 : 0;
}

static int receive_more(struct unix_socket *self, struct socket_message *message,
                        struct progress *progress, size_t least, uint64_t deadline_ns) {
    size_t at = progress->skip;
    struct unix_packet *packet = packet_at(self, &at);
    if (packet == NULL) {
        return progress->done >= least ? 1 : wait_for_more(self, progress->skip, deadline_ns);
    }
    return belongs(self, packet, message, progress) ? take_from(self, packet, at, message, progress)
                                                    : 1;
}

ssize_t unix_stream_receive(struct socket *socket, struct socket_message *message) {
    struct unix_socket *self = unix_of(socket);
    if (self->state != UNIX_CONNECTED) {
        return -EINVAL;
    }
    if ((message->flags & MSG_OOB) != 0) {
        return -EOPNOTSUPP;
    }
    size_t wanted = message->data.remaining;
    size_t least =
        (message->flags & MSG_WAITALL) != 0 ? wanted : MIN(wanted, (size_t)socket->receive_least);
    uint64_t deadline_ns =
        socket_deadline(socket->receive_timeout_ns, (message->flags & MSG_DONTWAIT) == 0);
    struct progress progress = {0};
    int result;
    do {
        result = receive_more(self, message, &progress, MAX(least, 1UL), deadline_ns);
    } while (result == 0 && message->data.remaining > 0);
    return progress.done > 0 || result > 0 ? (ssize_t)progress.done : result;
}
