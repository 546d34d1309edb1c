// sendmmsg(2) and recvmmsg(2): what went well before an error counts, and the error is told next
// time.
#include <asm/errno.h>
#include <linux/time_types.h>
#include <linux/uio.h>

#include "clock.h"
#include "poll_wait.h"
#include "socket_message.h"
#include "syscall.h"
#include "usercopy.h"

typedef struct mmsghdr __user *messages_ptr;

SYSCALL(sendmmsg)(int fd, void __user *msgs, unsigned int vlen, unsigned int flags) {
    int error;
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    messages_ptr row = msgs;
    long result = 0;
    unsigned sent = 0;
    for (; sent < MIN(vlen, (unsigned)UIO_MAXIOV); sent++, row++) {
        result = socket_send_message(file, &row->message, flags);
        if (result >= 0) {
            result = put_user((uint32_t)result, &row->length);
        }
        if (result < 0) {
            break;
        }
    }
    file_release(file);
    return sent > 0 ? sent : result;
}

// The deadline is looked at between messages only, as on Linux (recvmmsg(2), "Bugs").
static long receive_all(const struct file *file, messages_ptr row, unsigned count, uint32_t flags,
                        uint64_t deadline_ns) {
    unsigned received = 0;
    long result = 0;
    while (received < count) {
        result = socket_receive_message(file, &row->message, flags & ~(uint32_t)MSG_WAITFORONE);
        if (result >= 0) {
            result = put_user((uint32_t)result, &row->length);
        }
        if (result < 0) {
            break;
        }
        received++;
        row++;
        flags |= (flags & MSG_WAITFORONE) != 0 ? MSG_DONTWAIT : 0;
        if (clock_monotonic_ns() >= deadline_ns) {
            break;
        }
    }
    if (received > 0 && result < 0 && result != -EAGAIN && result > -ERESTARTSYS) {
        socket_of(file)->error = (int)-result;
    }
    return received > 0 ? received : result;
}

SYSCALL(recvmmsg)
(int fd, void __user *msgs, unsigned int vlen, unsigned int flags,
 struct __kernel_timespec __user *timeout) {
    uint64_t deadline_ns;
    int error = poll_deadline(timeout, &deadline_ns);
    if (error != 0) {
        return error;
    }
    struct file *file = socket_file(fd, &error);
    if (file == NULL) {
        return error;
    }
    long result = socket_take_error(socket_of(file));
    if (result == 0) {
        result = receive_all(file, msgs, MIN(vlen, (unsigned)UIO_MAXIOV), flags, deadline_ns);
    }
    file_release(file);
    if (result > 0 && poll_remaining(timeout, deadline_ns) != 0) {
        return -EFAULT;
    }
    return result;
}
