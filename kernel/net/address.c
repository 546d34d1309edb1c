// Socket addresses between the app and us.
#include <asm/errno.h>

#include "socket.h"
#include "usercopy.h"

int socket_address_get(struct socket_address *address, const void __user *from, int size_bytes) {
    *address = (struct socket_address){0};
    if (size_bytes < 0 || size_bytes > SOCKET_ADDRESS_MAX) {
        return -EINVAL;
    }
    address->length = (uint32_t)size_bytes;
    return copy_from_user(address->bytes, from, (size_t)size_bytes);
}

// As much as there is room for; and how long it really is.
int socket_address_put(const struct socket_address *address, void __user *to,
                       int __user *size_bytes) {
    int room;
    if (get_user(room, size_bytes) != 0) {
        return -EFAULT;
    }
    if (room < 0) {
        return -EINVAL;
    }
    if (copy_to_user(to, address->bytes, MIN((uint32_t)room, address->length)) != 0) {
        return -EFAULT;
    }
    return put_user((int)address->length, size_bytes);
}
