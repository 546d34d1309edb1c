// AF_UNIX: the life of a socket.
#include "unix.h"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>

#include "heap.h"
#include "usercopy.h"

static const struct socket_ops stream_ops, packet_ops;

struct unix_socket *unix_new(int type) {
    struct unix_socket *self = heap_alloc_zeroed(sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    socket_init(&self->socket, type == SOCK_STREAM ? &stream_ops : &packet_ops, type);
    self->socket.family = AF_UNIX;
    self->references = 1;
    list_init(&self->bound);
    list_init(&self->packets);
    list_init(&self->pending);
    list_init(&self->waiting);
    list_init(&self->watchers);
    list_init(&self->watching);
    return self;
}

void unix_hold(struct unix_socket *self) {
    self->references++;
}

void unix_release(struct unix_socket *self) {
    if (--self->references == 0) {
        unix_address_release(self->address);
        heap_free(self);
    }
}

void unix_wake_all(struct unix_socket *self, uint32_t events) {
    wait_wake(&self->socket.readable, events | POLLIN | POLLRDNORM | POLLRDHUP);
    wait_wake(&self->socket.writable, events | POLLOUT | POLLWRNORM);
}

// What has connected and was never accepted, or has left bytes unread, is told so (ECONNRESET).
static void leave_peer(struct unix_socket *self, bool accepted) {
    struct unix_socket *peer = self->peer;
    self->peer = NULL;
    if (peer == NULL) {
        return;
    }
    if (unix_connects(self)) {
        peer->shut = UNIX_SHUT;
        if (!list_empty(&self->packets) || !accepted) {
            peer->socket.error = ECONNRESET;
        }
        unix_wake_all(peer, POLLHUP);
    }
    list_remove(&self->watching);
    unix_release(peer);
}

// Who waits to be accepted has nobody waiting behind it, so this goes two levels deep at most.
static void end_pending(struct unix_socket *self) { // NOLINT(misc-no-recursion)
    while (!list_empty(&self->pending)) {
        unix_end(LIST_FIRST(&self->pending, struct unix_socket, waiting));
    }
    self->pending_count = 0;
}

// Those that were connected by datagrams learn of it when they send next.
static void wake_watchers(struct unix_socket *self) {
    LIST_FOR_EACH (watcher, &self->watchers, struct unix_socket, watching) {
        wait_wake(&watcher->socket.writable, POLLOUT | POLLWRNORM);
    }
}

void unix_end(struct unix_socket *self) { // NOLINT(misc-no-recursion)
    bool accepted = list_empty(&self->waiting);
    list_remove(&self->waiting);
    self->closed = true;
    self->shut = UNIX_SHUT;
    unix_unbind(self);
    end_pending(self);
    leave_peer(self, accepted);
    self->state = UNIX_IDLE;
    unix_queue_clear(self);
    wake_watchers(self);
    unix_wake_all(self, POLLHUP);
    unix_release(self);
}

static void unix_close(struct socket *socket) {
    unix_end(unix_of(socket));
}

static int unix_shutdown(struct socket *socket, int how) {
    struct unix_socket *self = unix_of(socket), *peer = self->peer;
    if (how < SHUT_RD || how > SHUT_RDWR) {
        return -EINVAL;
    }
    unsigned read = how != SHUT_WR, write = how != SHUT_RD;
    self->shut |= (read ? UNIX_NO_RECEIVE : 0U) | (write ? UNIX_NO_SEND : 0U);
    unix_wake_all(self, self->shut == UNIX_SHUT ? POLLHUP : 0);
    if (peer != NULL && unix_connects(self)) {
        peer->shut |= (read ? UNIX_NO_SEND : 0U) | (write ? UNIX_NO_RECEIVE : 0U);
        unix_wake_all(peer, peer->shut == UNIX_SHUT ? POLLHUP : 0);
    }
    return 0;
}

// --- its state ----------------------------------------------------------------------------------

// As Linux has it: while no more than a quarter of the buffer is under way.
bool unix_writable(const struct unix_socket *self) {
    bool room = self->sent_bytes * 4 <= self->socket.send_buffer;
    bool full = self->socket.type == SOCK_DGRAM && self->peer != NULL &&
                unix_queue_is_full(self->peer, self);
    return self->state != UNIX_LISTENING && room && !full;
}

static uint32_t unix_poll(struct socket *socket, struct poll_table *table) {
    const struct unix_socket *self = unix_of(socket);
    poll_add(table, &socket->readable);
    poll_add(table, &socket->writable);
    uint32_t events = socket->error != 0 ? POLLERR : 0;
    if ((self->shut & UNIX_NO_RECEIVE) != 0) {
        events |= POLLRDHUP | POLLIN | POLLRDNORM;
    }
    if (!list_empty(&self->packets) || !list_empty(&self->pending)) {
        events |= POLLIN | POLLRDNORM;
    }
    if (self->shut == UNIX_SHUT || (unix_connects(self) && self->state == UNIX_IDLE)) {
        events |= POLLHUP;
    }
    return events | (unix_writable(self) ? POLLOUT | POLLWRNORM | POLLWRBAND : 0);
}

// Of a stream all that waits, else the next message.
static size_t readable_bytes(const struct unix_socket *self) {
    size_t total = 0;
    LIST_FOR_EACH (packet, &self->packets, struct unix_packet, node) {
        total += packet->length - packet->taken;
        if (self->socket.type == SOCK_DGRAM) {
            break;
        }
    }
    return total;
}

static int unix_ioctl(struct socket *socket, uint32_t command, uint64_t argument) {
    const struct unix_socket *self = unix_of(socket);
    switch (command) {
    case FIONREAD:
        return self->state == UNIX_LISTENING
                   ? -EINVAL
                   : put_user((int)readable_bytes(self), (int __user *)argument);
    case TIOCOUTQ:
        return put_user((int)self->sent_bytes, (int __user *)argument);
    default:
        return -ENOTTY;
    }
}

static const struct socket_ops stream_ops = {
    .bind = unix_bind,
    .connect = unix_connect,
    .listen = unix_listen,
    .accept = unix_accept,
    .own_name = unix_own_name,
    .peer_name = unix_peer_name,
    .send = unix_stream_send,
    .receive = unix_stream_receive,
    .shutdown = unix_shutdown,
    .poll = unix_poll,
    .ioctl = unix_ioctl,
    .close = unix_close,
};

static const struct socket_ops packet_ops = {
    .bind = unix_bind,
    .connect = unix_connect,
    .listen = unix_listen,
    .accept = unix_accept,
    .own_name = unix_own_name,
    .peer_name = unix_peer_name,
    .send = unix_packet_send_message,
    .receive = unix_packet_receive,
    .shutdown = unix_shutdown,
    .poll = unix_poll,
    .ioctl = unix_ioctl,
    .close = unix_close,
};

static int unix_create(int type, int protocol, struct socket **made) {
    if (protocol != 0 && protocol != AF_UNIX) {
        return -EPROTONOSUPPORT;
    }
    if (type == SOCK_RAW) {
        type = SOCK_DGRAM; // as BSD has it, and Linux with it
    }
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET) {
        return -ESOCKTNOSUPPORT;
    }
    struct unix_socket *self = unix_new(type);
    if (self == NULL) {
        return -ENOMEM;
    }
    *made = &self->socket;
    return 0;
}

SOCKET_FAMILY(unix) = {.family = AF_UNIX, .create = unix_create, .pair = unix_pair};
