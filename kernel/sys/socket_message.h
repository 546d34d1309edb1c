// Messages with headers, for sys/socket_message.c (one) and sys/socket_messages.c (many).
#pragma once

#include "../net/socket.h"
#include "types.h"

// sendmsg(2) and recvmsg(2) on a file that is known to be a socket. Bytes, or -errno.
long socket_send_message(const struct file *file, const struct msghdr __user *from, uint32_t flags);
long socket_receive_message(const struct file *file, struct msghdr __user *to, uint32_t flags);
