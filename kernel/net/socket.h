// Sockets. A socket is an open file (net/socket.c) over a protocol: a table of operations that its
// family brings. What all protocols share, options, timeouts, addresses and control messages, is
// done here and in sys/socket_*.c, so that a family only moves bytes.
#pragma once

#include "abi.h"
#include "file.h"
#include "list.h"
#include "set.h"
#include "types.h"
#include "uio.h"
#include "wait.h"

enum { SOCKET_ADDRESS_MAX = 128 }; // struct sockaddr_storage

struct socket_address {
    uint32_t length; // 0: none; of `bytes`
    union {
        uint16_t family;
        char bytes[SOCKET_ADDRESS_MAX];
    };
};

// What travels beside the bytes (unix(7)). Files are held.
struct socket_rights {
    struct socket_rights *next; // while they wait to be closed
    size_t count;
    struct file *files[SCM_MAX_FD];
};

struct socket_control {
    struct socket_rights *rights; // NULL: none
    bool has_credentials;
    struct ucred credentials;
};

struct socket_message {
    struct uio data;
    uint32_t flags;                // MSG_*; MSG_DONTWAIT when the file is O_NONBLOCK
    uint32_t result_flags;         // MSG_TRUNC ..., of what was received
    struct socket_address address; // where to, or whom it came from
    struct socket_control control; // a send leaves what it has not taken over
};

struct socket;

// All give 0 or -errno; NULL: -EOPNOTSUPP. `flags` is O_NONBLOCK or nothing. A call that has
// waited looks at everything again: other threads use the same socket.
struct socket_ops {
    int (*bind)(struct socket *socket, const struct socket_address *address);
    int (*connect)(struct socket *socket, const struct socket_address *address, uint32_t flags);
    int (*listen)(struct socket *socket, int backlog);
    int (*accept)(struct socket *listener, uint32_t flags, struct socket **accepted);
    int (*own_name)(struct socket *socket, struct socket_address *address);
    int (*peer_name)(struct socket *socket, struct socket_address *address);
    ssize_t (*send)(struct socket *socket, struct socket_message *message);
    ssize_t (*receive)(struct socket *socket, struct socket_message *message);
    int (*shutdown)(struct socket *socket, int how);
    uint32_t (*poll)(struct socket *socket, struct poll_table *table);
    int (*ioctl)(struct socket *socket, uint32_t command, uint64_t argument); // NULL: -ENOTTY
    // Of other levels than SOL_SOCKET.
    int (*option_set)(struct socket *socket, int level, int option, const void __user *value,
                      int size_bytes);
    int (*option_get)(struct socket *socket, int level, int option, void __user *value,
                      int __user *size_bytes);
    void (*close)(struct socket *socket); // the file is gone; may free the socket
};

enum { SEND_BUFFER_DEFAULT = 212992, RECEIVE_BUFFER_DEFAULT = 212992 };

struct socket {
    const struct socket_ops *ops;
    int family, type, protocol;
    struct wait_queue readable, writable;
    int error;      // SO_ERROR: told once, positive
    bool listening; // SO_ACCEPTCONN
    // options
    uint32_t send_buffer, receive_buffer;
    uint32_t receive_least;                       // SO_RCVLOWAT
    uint64_t send_timeout_ns, receive_timeout_ns; // 0: none
    struct linger linger;
    bool pass_credentials;
    uint32_t marks; // bit n: the on-off option n that nothing here depends on
    int priority;
    struct ucred peer; // SO_PEERCRED
};

// A family joins this set, and so an image has those that its programs' rows name as needs.
struct socket_family {
    int family;
    int (*create)(int type, int protocol, struct socket **made);
    int (*pair)(struct socket *one, struct socket *other); // NULL: -EOPNOTSUPP
};
#define SOCKET_FAMILY(id) SET_ENTRY(socket_family, 1, struct socket_family, socket_family_##id)

// net/socket.c
void socket_init(struct socket *socket, const struct socket_ops *ops, int type);
MUST_USE struct file *socket_file_new(struct socket *socket, uint32_t flags); // NULL: not closed
struct socket *socket_of(const struct file *file);                            // NULL: none
// The descriptor's file, held; NULL and *error: -EBADF, -ENOTSOCK.
struct file *socket_file(int fd, int *error);
int socket_take_error(struct socket *socket); // 0 or -errno; told once
// Until when a call may wait: 0: not at all.
uint64_t socket_deadline(uint64_t timeout_ns, bool wait);
int socket_waited(int result, uint64_t deadline_ns); // WAIT_EVENT's result as a socket call's
#define SOCKET_WAIT(queue, condition, deadline_ns)                                                 \
    ((condition) ? 0                                                                               \
     : (deadline_ns) == 0                                                                          \
         ? -EAGAIN                                                                                 \
         : socket_waited(WAIT_EVENT((queue), (condition), (deadline_ns)), (deadline_ns)))
struct ucred socket_own_credentials(void);

// net/control.c: control messages between the app and a socket_control. 0 or -errno.
MUST_USE int socket_control_get(struct socket_control *control, const void __user *from,
                                size_t size_bytes);
// What has room at `to` goes there; *used is how much. Takes over the rights; MSG_CTRUNC is for
// message->result_flags when there was not enough room.
void socket_control_put(struct socket_message *message, void __user *to, size_t size_bytes,
                        size_t *used);
void socket_rights_free(struct socket_rights *rights); // NULL is fine
MUST_USE struct socket_rights *socket_rights_copy(const struct socket_rights *rights);

// net/address.c: addresses between the app and us. 0 or -errno.
MUST_USE int socket_address_get(struct socket_address *address, const void __user *from,
                                int size_bytes);
MUST_USE int socket_address_put(const struct socket_address *address, void __user *to,
                                int __user *size_bytes);

// net/option.c
long socket_option_set(struct socket *socket, int option, const void __user *value, int size_bytes);
long socket_option_get(struct socket *socket, int option, void __user *value,
                       int __user *size_bytes);
