// Connections of AF_UNIX sockets. Connecting makes the socket that accept(2) will give at once, so
// that the other side may send and even close before anybody accepts.
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>

#include "unix.h"

static void join(struct unix_socket *one, struct unix_socket *other) {
    one->state = other->state = UNIX_CONNECTED;
    unix_hold(one);
    unix_hold(other);
    one->peer = other;
    other->peer = one;
}

int unix_pair(struct socket *one, struct socket *other) {
    one->peer = other->peer = socket_own_credentials();
    join(unix_of(one), unix_of(other));
    return 0;
}

// --- streams and sequenced packets --------------------------------------------------------------

static bool has_backlog(const struct unix_socket *listener) {
    return listener->pending_count <= (size_t)listener->backlog;
}

static bool is_open(const struct unix_socket *listener) {
    return listener->state == UNIX_LISTENING && (listener->shut & UNIX_NO_RECEIVE) == 0;
}

static int check_unconnected(const struct unix_socket *self) {
    if (self->state == UNIX_CONNECTED) {
        return -EISCONN;
    }
    return self->state == UNIX_LISTENING ? -EINVAL : 0;
}

static int enqueue(struct unix_socket *self, struct unix_socket *listener) {
    int error = check_unconnected(self);
    if (error != 0) {
        return error;
    }
    struct unix_socket *accepted = unix_new(self->socket.type);
    if (accepted == NULL) {
        return -ENOMEM;
    }
    join(self, accepted);
    self->socket.peer = listener->socket.peer;
    accepted->socket.peer = socket_own_credentials();
    if (listener->address != NULL) {
        unix_address_hold(listener->address);
        accepted->address = listener->address;
    }
    list_push_back(&listener->pending, &accepted->waiting);
    listener->pending_count++;
    wait_wake(&listener->socket.readable, POLLIN | POLLRDNORM);
    wait_wake(&self->socket.writable, POLLOUT | POLLWRNORM);
    return 0;
}

// 1: look again.
static int try_connect(struct unix_socket *self, struct unix_socket *listener,
                       uint64_t deadline_ns) {
    if (!is_open(listener)) {
        return -ECONNREFUSED;
    }
    if (has_backlog(listener)) {
        return enqueue(self, listener);
    }
    int error = SOCKET_WAIT(&listener->socket.writable, has_backlog(listener) || !is_open(listener),
                            deadline_ns);
    return error == 0 ? 1 : error;
}

static int connect_stream(struct unix_socket *self, const struct socket_address *address,
                          uint64_t deadline_ns) {
    int result = 1;
    while (result == 1) {
        struct unix_socket *listener;
        result = unix_find(address, self->socket.type, &listener);
        if (result == 0) {
            result = try_connect(self, listener, deadline_ns);
            unix_release(listener);
        }
    }
    return result;
}

// --- datagrams ----------------------------------------------------------------------------------

// What has come from the old peer goes.
void unix_disconnect(struct unix_socket *self) {
    struct unix_socket *peer = self->peer;
    if (peer == NULL) {
        return;
    }
    self->peer = NULL;
    list_remove(&self->watching);
    if (!list_empty(&self->packets)) {
        unix_queue_clear(self);
        if (!peer->closed && peer->peer == self) {
            peer->socket.error = ECONNRESET;
            unix_wake_all(peer, POLLERR);
        }
    }
    unix_release(peer);
}

static int connect_datagram(struct unix_socket *self, const struct socket_address *address) {
    struct unix_socket *peer;
    if (address->length >= sizeof(address->family) && address->family == AF_UNSPEC) {
        unix_disconnect(self);
        return 0;
    }
    int error = unix_find(address, SOCK_DGRAM, &peer);
    if (error != 0) {
        return error;
    }
    if (peer->peer != NULL && peer->peer != self) {
        unix_release(peer);
        return -EPERM;
    }
    if (self->peer != peer) {
        unix_disconnect(self);
        self->peer = peer;
        list_push_back(&peer->watchers, &self->watching);
    } else {
        unix_release(peer);
    }
    wait_wake(&self->socket.writable, POLLOUT | POLLWRNORM);
    return 0;
}

int unix_connect(struct socket *socket, const struct socket_address *address, uint32_t flags) {
    struct unix_socket *self = unix_of(socket);
    if (socket->pass_credentials && self->address == NULL) {
        int error = unix_bind_somehow(self);
        if (error != 0) {
            return error;
        }
    }
    bool wait = (flags & O_NONBLOCK) == 0;
    return unix_connects(self)
               ? connect_stream(self, address, socket_deadline(socket->send_timeout_ns, wait))
               : connect_datagram(self, address);
}

// --- listening ----------------------------------------------------------------------------------

int unix_listen(struct socket *socket, int backlog) {
    struct unix_socket *self = unix_of(socket);
    if (!unix_connects(self)) {
        return -EOPNOTSUPP;
    }
    if (self->address == NULL || self->state == UNIX_CONNECTED) {
        return -EINVAL;
    }
    self->state = UNIX_LISTENING;
    self->backlog = backlog;
    socket->listening = true;
    socket->peer = socket_own_credentials();
    wait_wake(&socket->writable, POLLOUT | POLLWRNORM); // the backlog may have grown
    return 0;
}

int unix_accept(struct socket *socket, uint32_t flags, struct socket **accepted) {
    struct unix_socket *self = unix_of(socket);
    if (!unix_connects(self)) {
        return -EOPNOTSUPP;
    }
    if (self->state != UNIX_LISTENING) {
        return -EINVAL;
    }
    bool wait = (flags & O_NONBLOCK) == 0;
    uint64_t deadline_ns = socket_deadline(socket->receive_timeout_ns, wait);
    int error = SOCKET_WAIT(&socket->readable,
                            !list_empty(&self->pending) || (wait && !is_open(self)), deadline_ns);
    if (error != 0) {
        return error;
    }
    if (list_empty(&self->pending)) {
        return -EINVAL;
    }
    struct unix_socket *first = LIST_FIRST(&self->pending, struct unix_socket, waiting);
    list_remove(&first->waiting);
    self->pending_count--;
    wait_wake(&socket->writable, POLLOUT | POLLWRNORM);
    *accepted = &first->socket;
    return 0;
}
