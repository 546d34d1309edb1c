// inotify(7). An inode that is watched has one attachment with all watches on it, of whichever
// instance; a watch lies in that list and in its instance's. It does not hold the inode: that is
// how the end of the inode becomes an event.
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "heap.h"
#include "notify.h"
#include "path.h"
#include "string.h"
#include "syscall.h"
#include "usercopy.h"

enum {
    QUEUE_MAX = 16384,  // /proc/sys/fs/inotify/max_queued_events
    INSTANCES_MAX = 128 // max_user_instances
};
#define WATCH_FLAGS (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK)
#define ALL_FLAGS                                                                                  \
    (WATCH_FLAGS | IN_ONLYDIR | IN_DONT_FOLLOW | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR)

// struct inotify_event without the name behind it.
struct event_header {
    int wd;
    uint32_t mask, cookie;
    uint32_t name_size; // with the padding
};

struct event {
    struct list node;
    struct event_header header;
    size_t length;
    char name[];
};

struct instance {
    struct list events, watches;
    struct wait_queue queue;
    size_t event_count, bytes;
    int last_wd;
};

struct watched {
    struct inode_attachment attachment;
    struct list watches;
};

struct watch {
    struct list inode_node, instance_node;
    struct instance *instance;
    struct inode *inode;
    bool holds; // the inode, which nobody else does: /proc makes its inodes as it is asked
    int wd;
    uint32_t mask;
};

static size_t instance_count;

// --- events -------------------------------------------------------------------------------------

static size_t size_of(const struct event *event) {
    return sizeof(event->header) + event->header.name_size;
}

static bool is_last(const struct instance *instance, const struct event *event) {
    if (list_empty(&instance->events) || event->header.mask == IN_IGNORED) {
        return false;
    }
    const struct event *last = LIST_ENTRY(instance->events.prev, struct event, node);
    return last->header.wd == event->header.wd && last->header.mask == event->header.mask &&
           last->length == event->length && memcmp(last->name, event->name, event->length) == 0;
}

static struct event *event_new(int wd, const struct notify_event *from) {
    struct event *event = heap_alloc(sizeof(*event) + from->length);
    if (event == NULL) {
        return NULL;
    }
    size_t unit = sizeof(struct event_header);
    size_t padded = from->name == NULL ? 0 : (from->length + unit) / unit * unit;
    event->header = (struct event_header){wd, from->mask, from->cookie, (uint32_t)padded};
    event->length = from->length;
    memcpy(event->name, from->name, from->length);
    return event;
}

// The same once more, unread, is not told again.
static void queue(struct instance *instance, int wd, const struct notify_event *from) {
    if (instance->event_count > QUEUE_MAX) {
        return;
    }
    static const struct notify_event overflow = {.mask = IN_Q_OVERFLOW};
    bool full = instance->event_count == QUEUE_MAX;
    struct event *event = full ? event_new(-1, &overflow) : event_new(wd, from);
    if (event == NULL || is_last(instance, event)) {
        heap_free(event);
        return;
    }
    list_push_back(&instance->events, &event->node);
    instance->event_count++;
    instance->bytes += size_of(event);
    wait_wake(&instance->queue, POLLIN | POLLRDNORM);
}

// --- watches ------------------------------------------------------------------------------------

static void inode_gone(struct inode *inode, struct inode_attachment *attachment);

static struct watched *watched_of(const struct inode *inode) {
    struct inode_attachment *attachment = inode_attachment(inode, inode_gone);
    return attachment == NULL ? NULL : CONTAINER_OF(attachment, struct watched, attachment);
}

static void free_watch(struct watch *watch) {
    static const struct notify_event ignored = {.mask = IN_IGNORED};
    queue(watch->instance, watch->wd, &ignored);
    list_remove(&watch->inode_node);
    list_remove(&watch->instance_node);
    heap_free(watch);
}

static void remove_watch(struct watch *watch) {
    struct inode *inode = watch->inode;
    struct watched *watched = watched_of(inode);
    bool held = watch->holds;
    free_watch(watch);
    if (list_empty(&watched->watches)) {
        inode_detach(inode, &watched->attachment);
        heap_free(watched);
    }
    if (held) {
        inode_release(inode);
    }
}

static void send(struct watch *watch, const struct notify_event *event) {
    uint32_t wanted = event->mask & IN_ALL_EVENTS & watch->mask;
    bool left_out = (event->mask & watch->mask & IN_EXCL_UNLINK) != 0;
    if (wanted == 0 || left_out) {
        return;
    }
    struct notify_event told = *event;
    told.mask &= IN_ALL_EVENTS | IN_ISDIR;
    if ((told.mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        told.mask &= ~(uint32_t)IN_ISDIR;
    }
    queue(watch->instance, watch->wd, &told);
    if ((watch->mask & IN_ONESHOT) != 0) {
        remove_watch(watch);
    }
}

static void inode_event(struct inode_attachment *attachment, const struct notify_event *event) {
    struct watched *watched = CONTAINER_OF(attachment, struct watched, attachment);
    bool last = false;
    LIST_FOR_EACH_SAFE (watch, &watched->watches, struct watch, inode_node) {
        last = watch_next == NULL || &watch_next->inode_node == &watched->watches;
        send(watch, event);
        if (last) {
            return; // `watched` may be gone
        }
    }
}

static void inode_gone(struct inode *inode, struct inode_attachment *attachment) {
    struct watched *watched = CONTAINER_OF(attachment, struct watched, attachment);
    const struct notify_event deleted = {.mask = IN_DELETE_SELF};
    LIST_FOR_EACH_SAFE (watch, &watched->watches, struct watch, inode_node) {
        if (inode->links == 0 && (watch->mask & IN_DELETE_SELF) != 0) {
            queue(watch->instance, watch->wd, &deleted);
        }
        free_watch(watch);
    }
    heap_free(watched);
}

static struct watch *find_watch(const struct instance *instance, const struct inode *inode) {
    LIST_FOR_EACH (watch, &instance->watches, struct watch, instance_node) {
        if (watch->inode == inode) {
            return watch;
        }
    }
    return NULL;
}

static int add_watch(struct instance *instance, struct inode *inode, uint32_t mask) {
    struct watched *watched = watched_of(inode);
    struct watch *watch = heap_alloc(sizeof(*watch));
    struct watched *new = watched != NULL ? NULL : heap_alloc(sizeof(*new));
    if (watch == NULL || (watched == NULL && new == NULL)) {
        heap_free(watch);
        heap_free(new);
        return -ENOMEM;
    }
    if (new != NULL) {
        list_init(&new->watches);
        new->attachment.gone = inode_gone;
        new->attachment.event = inode_event;
        inode_attach(inode, &new->attachment);
        file_told = notify_file;
        watched = new;
    }
    *watch = (struct watch){.instance = instance,
                            .inode = inode,
                            .holds = inode->references == 1,
                            .wd = ++instance->last_wd,
                            .mask = mask & WATCH_FLAGS};
    if (watch->holds) {
        inode_hold(inode);
    }
    list_push_back(&watched->watches, &watch->inode_node);
    list_push_back(&instance->watches, &watch->instance_node);
    return watch->wd;
}

static int set_watch(struct instance *instance, struct inode *inode, uint32_t mask) {
    int error = inode_permission(inode, MAY_READ, credentials_current());
    if (error != 0) {
        return error;
    }
    if ((mask & IN_ONLYDIR) != 0 && !S_ISDIR(inode->mode)) {
        return -ENOTDIR;
    }
    struct watch *watch = find_watch(instance, inode);
    if (watch == NULL) {
        return add_watch(instance, inode, mask);
    }
    if ((mask & IN_MASK_CREATE) != 0) {
        return -EEXIST;
    }
    uint32_t kept = (mask & IN_MASK_ADD) != 0 ? watch->mask : 0;
    watch->mask = kept | (mask & WATCH_FLAGS);
    return watch->wd;
}

// --- the open file ------------------------------------------------------------------------------

// The next event if it fits. Bytes, 0: none, -EINVAL: no room, -EFAULT.
static ssize_t read_event(struct instance *instance, struct uio *to) {
    struct event *event = LIST_FIRST(&instance->events, struct event, node);
    if (event == NULL) {
        return 0;
    }
    size_t size = size_of(event);
    if (size > to->remaining) {
        return -EINVAL;
    }
    list_remove(&event->node);
    instance->event_count--;
    instance->bytes -= size;
    size_t done = uio_write(to, &event->header, sizeof(event->header));
    done += uio_write(to, event->name, event->length);
    done += uio_zero(to, event->header.name_size - event->length);
    heap_free(event);
    return done == size ? (ssize_t)size : -EFAULT;
}

static ssize_t read_events(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct instance *instance = file->private;
    if (list_empty(&instance->events) && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    int error = WAIT_EVENT(&instance->queue, !list_empty(&instance->events), WAIT_FOREVER);
    if (error != 0) {
        return error;
    }
    size_t done = 0;
    ssize_t size;
    while ((size = read_event(instance, to)) > 0) {
        done += (size_t)size;
    }
    return done > 0 && size != -EFAULT ? (ssize_t)done : size;
}

static uint32_t poll_events(struct file *file, struct poll_table *table) {
    struct instance *instance = file->private;
    poll_add(table, &instance->queue);
    return list_empty(&instance->events) ? 0 : POLLIN | POLLRDNORM;
}

static int control(struct file *file, uint32_t command, uint64_t argument) {
    const struct instance *instance = file->private;
    return command == FIONREAD ? put_user((int)instance->bytes, (int __user *)argument) : -ENOTTY;
}

static void release(struct file *file) {
    struct instance *instance = file->private;
    while (!list_empty(&instance->watches)) {
        remove_watch(LIST_FIRST(&instance->watches, struct watch, instance_node));
    }
    LIST_FOR_EACH_SAFE (event, &instance->events, struct event, node) {
        heap_free(event);
    }
    heap_free(instance);
    instance_count--;
}

static const struct file_ops instance_ops = {
    .read = read_events,
    .poll = poll_events,
    .ioctl = control,
    .release = release,
};

SYSCALL(inotify_init1)(int flags) {
    if ((flags & ~(IN_CLOEXEC | IN_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    if (instance_count >= INSTANCES_MAX) {
        return -EMFILE;
    }
    struct instance *instance = heap_alloc_zeroed(sizeof(*instance));
    struct file *file =
        instance == NULL ? NULL : file_new(&instance_ops, (uint32_t)flags & IN_NONBLOCK, instance);
    if (file == NULL) {
        heap_free(instance);
        return -ENOMEM;
    }
    list_init(&instance->events);
    list_init(&instance->watches);
    wait_queue_init(&instance->queue);
    instance_count++;
    file->anonymous_mode = S_IRUSR | S_IWUSR;
    return fd_install(file, 0, (flags & IN_CLOEXEC) != 0);
}

static struct file *instance_get(int fd, int *error) {
    struct file *file = fd_get(fd);
    *error = -EBADF;
    if (file == NULL || file->ops == &instance_ops) {
        return file;
    }
    if ((file->flags & O_PATH) == 0) {
        *error = -EINVAL;
    }
    file_release(file);
    return NULL;
}

SYSCALL(inotify_add_watch)(int fd, const char __user *path, uint32_t mask) {
    if ((mask & ALL_FLAGS) == 0 ||
        (mask & (IN_MASK_ADD | IN_MASK_CREATE)) == (IN_MASK_ADD | IN_MASK_CREATE)) {
        return -EINVAL;
    }
    int error;
    struct file *file = instance_get(fd, &error);
    if (file == NULL) {
        return error;
    }
    struct path_entry *entry;
    error = path_find(AT_FDCWD, path, (mask & IN_DONT_FOLLOW) != 0 ? 0 : WALK_FOLLOW, &entry);
    if (error == 0) {
        error = set_watch(file->private, entry->inode, mask);
        path_entry_release(entry);
    }
    file_release(file);
    return error;
}

SYSCALL(inotify_rm_watch)(int fd, int wd) {
    int error;
    struct file *file = instance_get(fd, &error);
    if (file == NULL) {
        return error;
    }
    const struct instance *instance = file->private;
    error = -EINVAL;
    LIST_FOR_EACH_SAFE (watch, &instance->watches, struct watch, instance_node) {
        if (watch->wd == wd) {
            remove_watch(watch);
            error = 0;
        }
    }
    file_release(file);
    return error;
}
