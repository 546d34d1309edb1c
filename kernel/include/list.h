// A circular doubly linked list whose nodes live inside the things that are listed.
#pragma once

#include "types.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name)                                                                            \
    { &(name), &(name) }

static inline void list_init(struct list *head) {
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head) {
    return head->next == head;
}

static inline void list_insert_after(struct list *where, struct list *node) {
    node->next = where->next;
    node->prev = where;
    where->next->prev = node;
    where->next = node;
}

static inline void list_push_front(struct list *head, struct list *node) {
    list_insert_after(head, node);
}

static inline void list_push_back(struct list *head, struct list *node) {
    list_insert_after(head->prev, node);
}

// Leaves the node pointing at itself, so that removing it twice is harmless.
static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)

#define LIST_FIRST(head, type, member)                                                             \
    (list_empty(head) ? NULL : LIST_ENTRY((head)->next, type, member))

#define LIST_FOR_EACH(item, head, type, member)                                                    \
    for (type *item = LIST_ENTRY((head)->next, type, member); &item->member != (head);             \
         item = LIST_ENTRY(item->member.next, type, member))

// The current item may be removed or freed by the body.
#define LIST_FOR_EACH_SAFE(item, head, type, member)                                               \
    for (type *item = LIST_ENTRY((head)->next, type, member),                                      \
              *item##_next = LIST_ENTRY(item->member.next, type, member);                          \
         &item->member != (head);                                                                  \
         item = item##_next, item##_next = LIST_ENTRY(item->member.next, type, member))
