// epoll(7): a set of files that puts those on a list that may have become ready. A wake-up only
// moves an item to that list; what is really ready is asked when events are collected. A file that
// is closed for good leaves every set it is in (file.h: struct file_watch), so a set holds no
// references.
#include "epoll_set.h"

#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "file.h"
#include "heap.h"
#include "list.h"
#include "poll_wait.h"
#include "string.h"
#include "wait.h"

enum {
    BUCKETS = 64,
    QUEUES_MAX = 3,  // a terminal has two; nothing has more
    NESTING_MAX = 5, // as Linux's EP_MAX_NESTS
};

#define ALWAYS_WANTED (EPOLLERR | EPOLLHUP)
#define MODES (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

struct epoll {
    struct list buckets[BUCKETS]; // all items, by descriptor
    struct list ready;            // items that may be ready
    struct wait_queue queue;      // threads in epoll_wait, and who polls the epoll file itself
};

struct epoll_item;

struct epoll_waiter {
    struct waiter waiter;
    struct epoll_item *item;
};

struct epoll_item {
    struct epoll *epoll;
    struct file *file;
    int fd;
    struct epoll_event event;
    struct list node, ready_node;
    struct file_watch watch;
    struct poll_table table;
    struct epoll_waiter waiters[QUEUES_MAX];
    unsigned waiter_count;
    bool failed; // more queues than there are waiters for
};

// --- becoming ready -----------------------------------------------------------------------------

static bool is_queued(const struct epoll_item *item) {
    return !list_empty(&item->ready_node);
}

static void make_ready(struct epoll_item *item) {
    if (!is_queued(item)) {
        list_push_back(&item->epoll->ready, &item->ready_node);
    }
    wait_wake(&item->epoll->queue, POLLIN | POLLRDNORM);
}

static bool is_disabled(const struct epoll_item *item) {
    return (item->event.events & ~(uint32_t)MODES) == 0; // EPOLLONESHOT has fired
}

static void on_wake(struct waiter *waiter, uint32_t events) {
    struct epoll_item *item = CONTAINER_OF(waiter, struct epoll_waiter, waiter)->item;
    bool cares = events == 0 || (events & item->event.events) != 0;
    waiter->woken = false; // nobody takes it out, and the next event counts as well
    if (cares && !is_disabled(item)) {
        make_ready(item);
    }
}

static void add_wait(struct poll_table *table, struct wait_queue *queue) {
    struct epoll_item *item = CONTAINER_OF(table, struct epoll_item, table);
    if (item->waiter_count == QUEUES_MAX) {
        item->failed = true;
        return;
    }
    struct epoll_waiter *entry = &item->waiters[item->waiter_count++];
    wait_prepare(&entry->waiter);
    entry->item = item;
    entry->waiter.on_wake = on_wake;
    entry->waiter.exclusive = (item->event.events & EPOLLEXCLUSIVE) != 0;
    wait_add(queue, &entry->waiter);
}

static uint32_t state_of(struct epoll_item *item, struct poll_table *table) {
    return poll_state(item->file, table) & item->event.events;
}

// --- the set ------------------------------------------------------------------------------------

static struct list *bucket_of(struct epoll *epoll, int fd) {
    return &epoll->buckets[(unsigned)fd % BUCKETS];
}

static struct epoll_item *find(struct epoll *epoll, const struct file *file, int fd) {
    LIST_FOR_EACH (item, bucket_of(epoll, fd), struct epoll_item, node) {
        if (item->fd == fd && item->file == file) {
            return item;
        }
    }
    return NULL;
}

static void item_free(struct epoll_item *item) {
    for (unsigned i = 0; i < item->waiter_count; i++) {
        wait_remove(&item->waiters[i].waiter);
    }
    list_remove(&item->node);
    list_remove(&item->ready_node);
    list_remove(&item->watch.node);
    heap_free(item);
}

static void file_gone(struct file_watch *watch) {
    item_free(CONTAINER_OF(watch, struct epoll_item, watch));
}

int epoll_add(struct epoll *epoll, struct file *file, int fd, const struct epoll_event *event) {
    if (find(epoll, file, fd) != NULL) {
        return -EEXIST;
    }
    struct epoll_item *item = heap_alloc_zeroed(sizeof(*item));
    if (item == NULL) {
        return -ENOMEM;
    }
    item->epoll = epoll;
    item->file = file;
    item->fd = fd;
    item->event = *event;
    item->event.events |= ALWAYS_WANTED;
    item->table.add = add_wait;
    item->watch.gone = file_gone;
    list_init(&item->ready_node);
    list_push_back(bucket_of(epoll, fd), &item->node);
    list_push_back(&file->watches, &item->watch.node);
    uint32_t state = state_of(item, &item->table);
    if (item->failed) {
        item_free(item);
        return -ENOMEM;
    }
    if (state != 0) {
        make_ready(item);
    }
    return 0;
}

int epoll_modify(struct epoll *epoll, struct file *file, int fd, const struct epoll_event *event) {
    struct epoll_item *item = find(epoll, file, fd);
    if (item == NULL) {
        return -ENOENT;
    }
    if ((item->event.events & EPOLLEXCLUSIVE) != 0) {
        return -EINVAL;
    }
    item->event = *event;
    item->event.events |= ALWAYS_WANTED;
    if (!is_disabled(item) && state_of(item, NULL) != 0) {
        make_ready(item);
    }
    return 0;
}

int epoll_remove(struct epoll *epoll, struct file *file, int fd) {
    struct epoll_item *item = find(epoll, file, fd);
    if (item == NULL) {
        return -ENOENT;
    }
    item_free(item);
    return 0;
}

// --- events -------------------------------------------------------------------------------------

int epoll_ready_count(const struct epoll *epoll) {
    int count = 0;
    for (const struct list *node = epoll->ready.next; node != &epoll->ready; node = node->next) {
        count++;
    }
    return count;
}

// Level triggered items stay on the list as long as they are ready, behind the others; so each is
// looked at once.
int epoll_collect(struct epoll *epoll, struct epoll_event *events, int count) {
    int found = 0;
    struct list again = LIST_INIT(again);
    while (found < count && !list_empty(&epoll->ready)) {
        struct epoll_item *item = LIST_FIRST(&epoll->ready, struct epoll_item, ready_node);
        list_remove(&item->ready_node);
        uint32_t state = is_disabled(item) ? 0 : state_of(item, NULL);
        if (state == 0) {
            continue;
        }
        memset(&events[found], 0, sizeof(events[found])); // the gap between its members too
        events[found].events = state;
        events[found++].data = item->event.data;
        if ((item->event.events & EPOLLONESHOT) != 0) {
            item->event.events &= MODES;
        } else if ((item->event.events & EPOLLET) == 0) {
            list_push_back(&again, &item->ready_node);
        }
    }
    while (!list_empty(&again)) {
        struct list *node = again.next;
        list_remove(node);
        list_push_back(&epoll->ready, node);
    }
    return found;
}

int epoll_sleep(struct epoll *epoll, uint64_t deadline_ns) {
    return WAIT_EVENT(&epoll->queue, !list_empty(&epoll->ready), deadline_ns);
}

// --- the set as a file --------------------------------------------------------------------------

static uint32_t epoll_poll(struct file *file, struct poll_table *table) {
    struct epoll *epoll = file->private;
    poll_add(table, &epoll->queue);
    LIST_FOR_EACH_SAFE (item, &epoll->ready, struct epoll_item, ready_node) {
        if (!is_disabled(item) && state_of(item, NULL) != 0) {
            return POLLIN | POLLRDNORM;
        }
        list_remove(&item->ready_node);
    }
    return 0;
}

static void epoll_release(struct file *file) {
    struct epoll *epoll = file->private;
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (!list_empty(&epoll->buckets[i])) {
            item_free(LIST_FIRST(&epoll->buckets[i], struct epoll_item, node));
        }
    }
    heap_free(epoll);
}

// Linux 6.9 gave it EPIOCSPARAMS, and with it another error for all else than ENOTTY.
static int epoll_ioctl(UNUSED struct file *file, UNUSED uint32_t command,
                       UNUSED uint64_t argument) {
    return -EINVAL;
}

static const struct file_ops epoll_ops = {
    .poll = epoll_poll,
    .ioctl = epoll_ioctl,
    .release = epoll_release,
};

struct epoll *epoll_of(const struct file *file) {
    return file->ops == &epoll_ops ? file->private : NULL;
}

// As deep as the nesting, which is what this limits.
static bool loops(const struct epoll *wanted, const struct file *file,
                  unsigned depth) { // NOLINT(misc-no-recursion)
    const struct epoll *epoll = epoll_of(file);
    if (epoll == NULL) {
        return false;
    }
    if (epoll == wanted || depth == NESTING_MAX) {
        return true;
    }
    bool found = false;
    for (unsigned i = 0; i < BUCKETS; i++) {
        LIST_FOR_EACH (item, &epoll->buckets[i], struct epoll_item, node) {
            found = found || loops(wanted, item->file, depth + 1);
        }
    }
    return found;
}

bool epoll_would_loop(const struct epoll *epoll, const struct file *file) {
    return loops(epoll, file, 1);
}

struct file *epoll_file_new(void) {
    struct epoll *epoll = heap_alloc_zeroed(sizeof(*epoll));
    struct file *file = epoll == NULL ? NULL : file_new(&epoll_ops, O_RDWR, epoll);
    if (file == NULL) {
        heap_free(epoll);
        return NULL;
    }
    for (unsigned i = 0; i < BUCKETS; i++) {
        list_init(&epoll->buckets[i]);
    }
    list_init(&epoll->ready);
    wait_queue_init(&epoll->queue);
    file->anonymous_mode = S_IRUSR | S_IWUSR;
    return file;
}
