// Addresses of AF_UNIX sockets: paths, which lead to an inode, and abstract names, which begin with
// a NUL and mean a socket of one type only. A socket may have none.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "heap.h"
#include "path.h"
#include "report.h"
#include "string.h"
#include "unix.h"

enum { PATH_AT = 2, ADDRESS_MAX = PATH_AT + 108, NUMBERS = 0x100000 };

static struct list bound_sockets = LIST_INIT(bound_sockets);

void unix_address_hold(struct unix_address *address) {
    address->references++;
}

void unix_address_release(struct unix_address *address) {
    if (address != NULL && --address->references == 0) {
        heap_free(address);
    }
}

static bool is_abstract(const struct socket_address *address) {
    return address->bytes[PATH_AT] == '\0';
}

static int check(const struct socket_address *address) {
    bool fits = address->length > PATH_AT && address->length <= ADDRESS_MAX;
    return fits && address->family == AF_UNIX ? 0 : -EINVAL;
}

// --- finding ------------------------------------------------------------------------------------

static struct unix_socket *find_abstract(const struct socket_address *address, int type) {
    LIST_FOR_EACH (self, &bound_sockets, struct unix_socket, bound) {
        const struct socket_address *other = &self->address->address;
        if (self->socket.type == type && other->length == address->length &&
            memcmp(other->bytes, address->bytes, address->length) == 0) {
            return self;
        }
    }
    return NULL;
}

static struct unix_socket *find_inode(const struct inode *inode) {
    LIST_FOR_EACH (self, &bound_sockets, struct unix_socket, bound) {
        if (self->inode == inode) {
            return self;
        }
    }
    return NULL;
}

// NUL-terminated even when the address is not; up to the first NUL when it has one.
static void path_of(const struct socket_address *address, char path[ADDRESS_MAX]) {
    size_t length = strnlen(address->bytes + PATH_AT, address->length - PATH_AT);
    memcpy(path, address->bytes + PATH_AT, length);
    path[length] = '\0';
}

static int find_at(const struct path_entry *entry, int type, struct unix_socket **found) {
    int error = inode_permission(entry->inode, MAY_WRITE, credentials_current());
    if (error != 0) {
        return error;
    }
    *found = S_ISSOCK(entry->inode->mode) ? find_inode(entry->inode) : NULL;
    if (*found == NULL) {
        return -ECONNREFUSED;
    }
    return (*found)->socket.type == type ? 0 : -EPROTOTYPE;
}

static int find_path(const struct socket_address *address, int type, struct unix_socket **found) {
    char path[ADDRESS_MAX];
    struct path_walk walk;
    path_of(address, path);
    int error = path_walk_start_kernel(&walk, AT_FDCWD, path, WALK_FOLLOW);
    error = error == 0 ? path_walk_parent(&walk) : error;
    error = error == 0 ? path_walk_last(&walk) : error;
    error = error == 0 ? find_at(walk.at, type, found) : error;
    path_walk_end(&walk);
    return error;
}

int unix_find(const struct socket_address *address, int type, struct unix_socket **found) {
    int error = check(address);
    if (error != 0) {
        return error;
    }
    if (is_abstract(address)) {
        *found = find_abstract(address, type);
        error = *found == NULL ? -ECONNREFUSED : 0;
    } else {
        error = find_path(address, type, found);
    }
    if (error == 0) {
        unix_hold(*found);
    }
    return error;
}

// --- binding ------------------------------------------------------------------------------------

static int make_node(const struct path_walk *walk, struct inode **made) {
    struct inode *dir = walk->at->inode;
    struct path_entry *there;
    if (!path_walk_last_is_name(walk)) {
        return -EADDRINUSE;
    }
    int error = path_entry_lookup(walk->at, walk->last, walk->last_length, &there);
    if (error == 0) {
        path_entry_release(there);
        return -EADDRINUSE;
    }
    if (error != -ENOENT || walk->slash) {
        return error;
    }
    error = inode_may_create(dir);
    if (error != 0) {
        return error;
    }
    mode_t mode = S_IFSOCK | (0777 & ~fs_context_current()->umask);
    return dir->ops->create == NULL
               ? -EPERM
               : dir->ops->create(dir, walk->last, walk->last_length, mode, 0, made);
}

static int make_path(const struct socket_address *address, struct inode **made) {
    char path[ADDRESS_MAX];
    struct path_walk walk;
    path_of(address, path);
    int error = path_walk_start_kernel(&walk, AT_FDCWD, path, 0);
    error = error == 0 ? path_walk_parent(&walk) : error;
    error = error == 0 ? make_node(&walk, made) : error;
    path_walk_end(&walk);
    return error;
}

static struct unix_address *address_copy(const struct socket_address *address) {
    struct unix_address *copy = heap_alloc(sizeof(*copy));
    if (copy != NULL) {
        copy->references = 1;
        copy->address = *address;
    }
    return copy;
}

// A path's address ends with its NUL, whatever was given.
static int bind_path(struct unix_socket *self, struct unix_address *address) {
    struct socket_address *given = &address->address;
    int error = make_path(given, &self->inode);
    if (error == 0) {
        size_t length = strnlen(given->bytes + PATH_AT, given->length - PATH_AT);
        given->bytes[PATH_AT + length] = '\0';
        given->length = (uint32_t)(PATH_AT + length + 1);
    }
    return error;
}

static int bind_to(struct unix_socket *self, const struct socket_address *given) {
    struct unix_address *address = address_copy(given);
    if (address == NULL) {
        return -ENOMEM;
    }
    int error;
    if (is_abstract(given)) {
        error = find_abstract(given, self->socket.type) != NULL ? -EADDRINUSE : 0;
    } else {
        error = bind_path(self, address);
    }
    if (error != 0) {
        unix_address_release(address);
        return error;
    }
    self->address = address;
    list_push_back(&bound_sockets, &self->bound);
    return 0;
}

// Autobind (unix(7)): five hexadecimal digits that nobody has yet.
int unix_bind_somehow(struct unix_socket *self) {
    static uint32_t last;
    struct socket_address address = {.family = AF_UNIX};
    for (uint32_t tries = 0; self->address == NULL && tries < NUMBERS; tries++) {
        last = (last + 1) % NUMBERS;
        char *digits = address.bytes + PATH_AT + 1;
        address.length =
            PATH_AT + 1 +
            (uint32_t)format_string(digits, sizeof(address.bytes) - PATH_AT - 1, "%05x", last);
        int error = bind_to(self, &address);
        if (error != 0 && error != -EADDRINUSE) {
            return error;
        }
    }
    return self->address == NULL ? -ENOSPC : 0;
}

int unix_bind(struct socket *socket, const struct socket_address *address) {
    struct unix_socket *self = unix_of(socket);
    if (address->length == PATH_AT && address->family == AF_UNIX) {
        return unix_bind_somehow(self);
    }
    int error = check(address);
    if (error != 0) {
        return error;
    }
    return self->address != NULL ? -EINVAL : bind_to(self, address);
}

// The path stays; and the address, for those who ask for their peer's.
void unix_unbind(struct unix_socket *self) {
    list_remove(&self->bound);
    if (self->inode != NULL) {
        inode_release(self->inode);
        self->inode = NULL;
    }
}

// --- asking -------------------------------------------------------------------------------------

static void put_name(const struct unix_socket *self, struct socket_address *address) {
    if (self->address != NULL) {
        *address = self->address->address;
        return;
    }
    *address = (struct socket_address){.length = PATH_AT};
    address->family = AF_UNIX;
}

int unix_own_name(struct socket *socket, struct socket_address *address) {
    put_name(unix_of(socket), address);
    return 0;
}

int unix_peer_name(struct socket *socket, struct socket_address *address) {
    const struct unix_socket *self = unix_of(socket);
    if (self->peer == NULL) {
        return -ENOTCONN;
    }
    put_name(self->peer, address);
    return 0;
}
