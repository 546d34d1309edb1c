// SO_*: socket(7). What has no effect here (there is no wire that a priority could matter on) is
// kept and given back.
#include <asm/errno.h>
#include <asm/socket.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "socket.h"
#include "usercopy.h"

enum {
    SEND_BUFFER_LEAST = 4608, // SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF of Linux
    RECEIVE_BUFFER_LEAST = 2304,
    BUFFER_MOST = 212992, // /proc/sys/net/core/wmem_max
};

static bool is_mark(int option) {
    switch (option) {
    case SO_DEBUG:
    case SO_REUSEADDR:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_OOBINLINE:
    case SO_REUSEPORT:
        return true;
    default:
        return false;
    }
}

static uint32_t mark_of(int option) {
    return 1U << (option % 32);
}

// --- setting ------------------------------------------------------------------------------------

// Twice what was asked for is kept: Linux counts its own overhead in.
static uint32_t buffer_size(int wanted, uint32_t least) {
    uint32_t size = MIN((uint32_t)wanted, (uint32_t)BUFFER_MOST) * 2;
    return MAX(size, least);
}

static int set_linger(struct socket *socket, const void __user *value, int size_bytes) {
    struct linger linger;
    if (size_bytes < (int)sizeof(linger)) {
        return -EINVAL;
    }
    if (copy_from_user(&linger, value, sizeof(linger)) != 0) {
        return -EFAULT;
    }
    socket->linger = (struct linger){linger.on != 0, linger.on != 0 ? linger.seconds : 0};
    return 0;
}

// 0 is for ever; a negative time is no time at all.
static int set_timeout(uint64_t *timeout_ns, const void __user *value, int size_bytes) {
    struct __kernel_old_timeval time;
    if (size_bytes < (int)sizeof(time)) {
        return -EINVAL;
    }
    if (copy_from_user(&time, value, sizeof(time)) != 0) {
        return -EFAULT;
    }
    if (time.tv_usec < 0 || (uint64_t)time.tv_usec >= NSEC_PER_SEC / NSEC_PER_USEC) {
        return -EDOM;
    }
    uint64_t seconds = MIN((uint64_t)time.tv_sec, UINT32_MAX);
    *timeout_ns = seconds * NSEC_PER_SEC + (uint64_t)time.tv_usec * NSEC_PER_USEC;
    if (time.tv_sec < 0) {
        *timeout_ns = 1;
    }
    return 0;
}

static void set_mark(struct socket *socket, int option, int value) {
    socket->marks &= ~mark_of(option);
    socket->marks |= value != 0 ? mark_of(option) : 0;
}

static int set_number(struct socket *socket, int option, int value) {
    switch (option) {
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        socket->send_buffer = buffer_size(value, SEND_BUFFER_LEAST);
        wait_wake(&socket->writable, 0);
        return 0;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
        socket->receive_buffer = buffer_size(value, RECEIVE_BUFFER_LEAST);
        return 0;
    case SO_RCVLOWAT:
        socket->receive_least = value < 0 ? INT32_MAX : (uint32_t)MAX(value, 1);
        return 0;
    case SO_PASSCRED:
        socket->pass_credentials = value != 0;
        return 0;
    case SO_PRIORITY:
        socket->priority = value;
        return 0;
    default:
        if (!is_mark(option)) {
            return -ENOPROTOOPT;
        }
        set_mark(socket, option, value);
        return 0;
    }
}

long socket_option_set(struct socket *socket, int option, const void __user *value,
                       int size_bytes) {
    int number;
    if (size_bytes < (int)sizeof(number)) {
        return -EINVAL;
    }
    if (get_user(number, (const int __user *)value) != 0) {
        return -EFAULT;
    }
    switch (option) {
    case SO_LINGER:
        return set_linger(socket, value, size_bytes);
    case SO_RCVTIMEO:
        return set_timeout(&socket->receive_timeout_ns, value, size_bytes);
    case SO_SNDTIMEO:
        return set_timeout(&socket->send_timeout_ns, value, size_bytes);
    default:
        return set_number(socket, option, number);
    }
}

// --- reading ------------------------------------------------------------------------------------

static int number_of(struct socket *socket, int option, int *number) {
    switch (option) {
    case SO_TYPE:
        *number = socket->type;
        return 0;
    case SO_DOMAIN:
        *number = socket->family;
        return 0;
    case SO_PROTOCOL:
        *number = socket->protocol;
        return 0;
    case SO_ERROR:
        *number = -socket_take_error(socket);
        return 0;
    case SO_ACCEPTCONN:
        *number = socket->listening;
        return 0;
    case SO_SNDBUF:
        *number = (int)socket->send_buffer;
        return 0;
    case SO_RCVBUF:
        *number = (int)socket->receive_buffer;
        return 0;
    case SO_RCVLOWAT:
        *number = (int)socket->receive_least;
        return 0;
    case SO_SNDLOWAT:
        *number = 1;
        return 0;
    case SO_PASSCRED:
        *number = socket->pass_credentials;
        return 0;
    case SO_PRIORITY:
        *number = socket->priority;
        return 0;
    default:
        *number = (socket->marks & mark_of(option)) != 0;
        return is_mark(option) ? 0 : -ENOPROTOOPT;
    }
}

union value {
    int number;
    struct linger linger;
    struct ucred credentials;
    struct __kernel_old_timeval time;
};

static size_t get_time(union value *value, uint64_t ns) {
    value->time = (struct __kernel_old_timeval){(long)(ns / NSEC_PER_SEC),
                                                (long)(ns % NSEC_PER_SEC / NSEC_PER_USEC)};
    return sizeof(value->time);
}

// The size of what it is, or -errno.
static ssize_t get_value(struct socket *socket, int option, union value *value) {
    switch (option) {
    case SO_LINGER:
        value->linger = socket->linger;
        return sizeof(value->linger);
    case SO_PEERCRED:
        value->credentials = socket->peer;
        return sizeof(value->credentials);
    case SO_RCVTIMEO:
        return (ssize_t)get_time(value, socket->receive_timeout_ns);
    case SO_SNDTIMEO:
        return (ssize_t)get_time(value, socket->send_timeout_ns);
    default:
        break;
    }
    int error = number_of(socket, option, &value->number);
    return error != 0 ? error : (ssize_t)sizeof(value->number);
}

long socket_option_get(struct socket *socket, int option, void __user *value,
                       int __user *size_bytes) {
    int room;
    union value found = {0};
    if (get_user(room, size_bytes) != 0) {
        return -EFAULT;
    }
    if (room < 0) {
        return -EINVAL;
    }
    ssize_t size = get_value(socket, option, &found);
    if (size < 0) {
        return size;
    }
    int given = MIN(room, (int)size);
    if (copy_to_user(value, &found, (size_t)given) != 0) {
        return -EFAULT;
    }
    return put_user(given, size_bytes);
}
