// An epoll instance, for sys/epoll.c (the calls) and sys/epoll_set.c (what it is).
#pragma once

#include <linux/eventpoll.h>

#include "types.h"

struct epoll;
struct file;

struct file *epoll_file_new(void);               // one reference; NULL: no memory
struct epoll *epoll_of(const struct file *file); // NULL: not an epoll file
// 0, -EEXIST, -ENOENT, -ENOMEM, -EINVAL (modifying an exclusive one).
int epoll_add(struct epoll *epoll, struct file *file, int fd, const struct epoll_event *event);
int epoll_modify(struct epoll *epoll, struct file *file, int fd, const struct epoll_event *event);
int epoll_remove(struct epoll *epoll, struct file *file, int fd);
int epoll_ready_count(const struct epoll *epoll); // at most
// How many events it put into `events`, which is kernel memory.
int epoll_collect(struct epoll *epoll, struct epoll_event *events, int count);
// Until something may be ready. 0, -ETIMEDOUT, -ERESTARTSYS.
int epoll_sleep(struct epoll *epoll, uint64_t deadline_ns);
// `file` waits, by way of other epolls, for `epoll`; or the chain is longer than Linux allows.
bool epoll_would_loop(const struct epoll *epoll, const struct file *file);
