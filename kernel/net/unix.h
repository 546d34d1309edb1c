// AF_UNIX inside (unix(7)): net/unix.c the life of a socket, unix_name.c its address,
// unix_connect.c connections, unix_queue.c what lies between two sockets, unix_stream.c and
// unix_packet.c the ways of sending and receiving.
#pragma once

#include "list.h"
#include "socket.h"
#include "types.h"

struct inode;

enum unix_state { UNIX_IDLE, UNIX_LISTENING, UNIX_CONNECTED };
enum { UNIX_NO_RECEIVE = 1, UNIX_NO_SEND = 2, UNIX_SHUT = 3 };

// Shared by a listener and what it has accepted, and by the packets on their way.
struct unix_address {
    uint32_t references;
    struct socket_address address;
};

struct unix_socket {
    struct socket socket;
    uint32_t references; // the file, the socket at the other end, packets on their way
    enum unix_state state;
    unsigned shut;                // UNIX_NO_*
    bool closed;                  // the file is gone
    struct unix_address *address; // NULL: none
    struct inode *inode;          // held: bound to a path
    struct list bound;            // of the sockets that have an address
    struct unix_socket *peer;     // held
    struct list packets;          // received, struct unix_packet
    size_t packet_count;
    size_t sent_bytes;   // that nobody has received yet, with what they cost
    struct list pending; // a listener's: connected and not accepted, by `waiting`
    size_t pending_count;
    int backlog;
    struct list waiting;
    struct list watchers; // datagram sockets that are connected to this one, by `watching`
    struct list watching;
};

struct unix_packet {
    struct list node;
    struct unix_socket *sender;   // held
    struct unix_address *from;    // held, or NULL
    struct socket_rights *rights; // or NULL
    struct ucred credentials;
    size_t length, taken, cost;
    char bytes[];
};

static inline struct unix_socket *unix_of(struct socket *socket) {
    return CONTAINER_OF(socket, struct unix_socket, socket);
}
static inline bool unix_is_stream(const struct unix_socket *self) {
    return self->socket.type == SOCK_STREAM;
}
// Streams and sequenced packets.
static inline bool unix_connects(const struct unix_socket *self) {
    return self->socket.type != SOCK_DGRAM;
}

// unix.c
struct unix_socket *unix_new(int type); // one reference; NULL: no memory
void unix_hold(struct unix_socket *self);
void unix_release(struct unix_socket *self);
void unix_end(struct unix_socket *self); // nobody will use it any more; takes the file's reference
void unix_wake_all(struct unix_socket *self, uint32_t events);
bool unix_writable(const struct unix_socket *self); // as poll(2) has it

// unix_name.c
void unix_address_hold(struct unix_address *address);
void unix_address_release(struct unix_address *address); // NULL is fine
int unix_bind(struct socket *socket, const struct socket_address *address);
MUST_USE int unix_bind_somehow(struct unix_socket *self); // autobind; 0 when it has an address
void unix_unbind(struct unix_socket *self);
// The socket of that type at an address, held. 0 or -errno.
MUST_USE int unix_find(const struct socket_address *address, int type, struct unix_socket **found);
int unix_own_name(struct socket *socket, struct socket_address *address);
int unix_peer_name(struct socket *socket, struct socket_address *address);

// unix_connect.c
int unix_connect(struct socket *socket, const struct socket_address *address, uint32_t flags);
int unix_listen(struct socket *socket, int backlog);
int unix_accept(struct socket *socket, uint32_t flags, struct socket **accepted);
int unix_pair(struct socket *one, struct socket *other);

// unix_queue.c
// With the message's bytes, rights and credentials, not queued yet. 0 or -errno.
MUST_USE int unix_packet_new(struct unix_socket *self, const struct unix_socket *to,
                             struct socket_message *message, size_t length,
                             struct unix_packet **made);
void unix_packet_send(struct unix_packet *packet, struct unix_socket *to);
void unix_packet_free(struct unix_packet *packet); // queued or not
// Out of the queue that it is in, and free.
void unix_packet_done(struct unix_packet *packet, struct unix_socket *self);
int unix_wait_for_room(struct unix_socket *self, uint64_t deadline_ns); // to send; or -errno
void unix_queue_clear(struct unix_socket *self);
void unix_packet_sender(const struct unix_packet *packet, struct socket_message *message);
// What came beside the bytes: moved, or copied for MSG_PEEK.
MUST_USE int unix_packet_control(struct unix_packet *packet, const struct unix_socket *self,
                                 struct socket_message *message);

// unix_stream.c, unix_packet.c
ssize_t unix_stream_send(struct socket *socket, struct socket_message *message);
ssize_t unix_stream_receive(struct socket *socket, struct socket_message *message);
ssize_t unix_packet_send_message(struct socket *socket, struct socket_message *message);
ssize_t unix_packet_receive(struct socket *socket, struct socket_message *message);
bool unix_queue_is_full(const struct unix_socket *to, const struct unix_socket *from);
void unix_disconnect(struct unix_socket *self); // a datagram socket, from its peer if it has one
