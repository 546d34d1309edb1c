// Control messages (cmsg(3), unix(7)): open files and credentials.
#include <asm/errno.h>
#include <asm/socket.h>
#include <linux/capability.h>
#include <linux/fcntl.h>

#include "credentials.h"
#include "heap.h"
#include "socket.h"
#include "string.h"
#include "thread.h"
#include "usercopy.h"

enum { CONTROL_MAX = 20480 }; // /proc/sys/net/core/optmem_max

#define ALIGN(size) (((size) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))

// A file that is closed here may be a socket with files on their way to it, and so on: they are
// closed one after the other, or a long chain would need a deep stack.
void socket_rights_free(struct socket_rights *rights) {
    static struct socket_rights *waiting;
    static bool busy;
    if (rights == NULL) {
        return;
    }
    rights->next = waiting;
    waiting = rights;
    while (!busy && waiting != NULL) {
        struct socket_rights *first = waiting;
        waiting = first->next;
        busy = true;
        for (size_t i = 0; i < first->count; i++) {
            file_release(first->files[i]);
        }
        busy = false;
        heap_free(first);
    }
}

struct socket_rights *socket_rights_copy(const struct socket_rights *rights) {
    struct socket_rights *copy = heap_alloc(sizeof(*copy));
    if (copy != NULL) {
        *copy = *rights;
        for (size_t i = 0; i < copy->count; i++) {
            file_hold(copy->files[i]);
        }
    }
    return copy;
}

// --- from the app -------------------------------------------------------------------------------

static int get_rights(struct socket_control *control, const char *data, size_t size_bytes) {
    size_t count = size_bytes / sizeof(int);
    if (count == 0) {
        return 0;
    }
    if (control->rights == NULL) {
        control->rights = heap_alloc(sizeof(*control->rights));
        if (control->rights == NULL) {
            return -ENOMEM;
        }
        control->rights->count = 0;
    }
    struct socket_rights *rights = control->rights;
    if (count > SCM_MAX_FD - rights->count) {
        return -EINVAL;
    }
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
        struct file *file = fd_get(fd);
        if (file == NULL) {
            return -EBADF;
        }
        rights->files[rights->count++] = file;
    }
    return 0;
}

// One may pass for what one is, and with the capability for another.
static bool may_claim(const struct ucred *claimed) {
    const struct process *process = process_current();
    const struct credentials *own = &process->credentials;
    bool uid = claimed->uid == own->uid || claimed->uid == own->euid || claimed->uid == own->suid;
    bool gid = claimed->gid == own->gid || claimed->gid == own->egid || claimed->gid == own->sgid;
    return (claimed->pid == process->pid || process_capable(process, CAP_SYS_ADMIN)) &&
           (uid || process_capable(process, CAP_SETUID)) &&
           (gid || process_capable(process, CAP_SETGID));
}

static int get_credentials(struct socket_control *control, const char *data, size_t size_bytes) {
    if (size_bytes != sizeof(control->credentials)) {
        return -EINVAL;
    }
    memcpy(&control->credentials, data, sizeof(control->credentials));
    if (!may_claim(&control->credentials)) {
        return -EPERM;
    }
    if (process_find(control->credentials.pid) == NULL) {
        return -ESRCH;
    }
    control->has_credentials = true;
    return 0;
}

static int get_one(struct socket_control *control, const struct cmsghdr *header, const char *data) {
    size_t size = header->length - sizeof(*header);
    if (header->level != SOL_SOCKET) {
        return 0;
    }
    switch (header->type) {
    case SCM_RIGHTS:
        return get_rights(control, data, size);
    case SCM_CREDENTIALS:
        return get_credentials(control, data, size);
    default:
        return -EINVAL;
    }
}

static int get_all(struct socket_control *control, const char *bytes, size_t size_bytes) {
    size_t at = 0;
    while (size_bytes - at >= sizeof(struct cmsghdr)) {
        struct cmsghdr header;
        memcpy(&header, bytes + at, sizeof(header));
        if (header.length < sizeof(header) || header.length > size_bytes - at) {
            return -EINVAL;
        }
        int error = get_one(control, &header, bytes + at + sizeof(header));
        if (error != 0) {
            return error;
        }
        at += MIN(ALIGN(header.length), size_bytes - at);
    }
    return 0;
}

int socket_control_get(struct socket_control *control, const void __user *from, size_t size_bytes) {
    *control = (struct socket_control){0};
    if (size_bytes == 0) {
        return 0;
    }
    if (size_bytes > CONTROL_MAX) {
        return -ENOBUFS;
    }
    char *bytes = heap_alloc(size_bytes);
    if (bytes == NULL) {
        return -ENOBUFS;
    }
    int error = copy_from_user(bytes, from, size_bytes);
    if (error == 0) {
        error = get_all(control, bytes, size_bytes);
    }
    heap_free(bytes);
    if (error != 0) {
        socket_rights_free(control->rights);
        control->rights = NULL;
    }
    return error;
}

// --- to the app ---------------------------------------------------------------------------------

struct sink {
    char __user *to;
    size_t room, used;
    uint32_t flags; // MSG_CTRUNC
};

// Cut off when there is not enough room.
static void put(struct sink *sink, int type, const void *data, size_t size_bytes) {
    struct cmsghdr header = {sizeof(header) + size_bytes, SOL_SOCKET, type};
    size_t room = sink->room - sink->used;
    if (room < sizeof(header)) {
        sink->flags |= MSG_CTRUNC;
        return;
    }
    if (room < header.length) {
        sink->flags |= MSG_CTRUNC;
        header.length = room;
    }
    char __user *to = sink->to + sink->used;
    if (copy_to_user(to, &header, sizeof(header)) == 0 &&
        copy_to_user(to + sizeof(header), data, header.length - sizeof(header)) == 0) {
        sink->used += MIN(ALIGN(header.length), room);
    }
}

// Only as many descriptors are made as can be told. Those that could not be are closed.
static void put_rights(struct sink *sink, struct socket_rights *rights, bool close_on_exec) {
    size_t room = sink->room - sink->used;
    size_t most = room > sizeof(struct cmsghdr) ? (room - sizeof(struct cmsghdr)) / sizeof(int) : 0;
    int fds[SCM_MAX_FD];
    size_t made = 0;
    for (; made < MIN(most, rights->count); made++) {
        file_hold(rights->files[made]);
        fds[made] = fd_install(rights->files[made], 0, close_on_exec);
        if (fds[made] < 0) {
            break;
        }
    }
    if (made > 0) {
        put(sink, SCM_RIGHTS, fds, made * sizeof(fds[0]));
    }
    if (made < rights->count) {
        sink->flags |= MSG_CTRUNC;
    }
}

void socket_control_put(struct socket_message *message, void __user *to, size_t size_bytes,
                        size_t *used) {
    struct socket_control *control = &message->control;
    struct sink sink = {.to = to, .room = to == NULL ? 0 : size_bytes};
    if (control->has_credentials) {
        put(&sink, SCM_CREDENTIALS, &control->credentials, sizeof(control->credentials));
    }
    if (control->rights != NULL) {
        put_rights(&sink, control->rights, (message->flags & MSG_CMSG_CLOEXEC) != 0);
    }
    socket_rights_free(control->rights);
    control->rights = NULL;
    message->result_flags |= sink.flags;
    *used = sink.used;
}
