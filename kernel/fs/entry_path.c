// The path of an entry, written from its end to its start. getcwd(2) and proc(5) say what stands
// around it.
#include "path.h"
#include "string.h"

struct text {
    char *start, *at;
};

static bool put(struct text *text, const char *bytes, size_t length) {
    if ((size_t)(text->at - text->start) < length) {
        return false;
    }
    text->at -= length;
    memcpy(text->at, bytes, length);
    return true;
}

static bool put_string(struct text *text, const char *string) {
    return put(text, string, strlen(string));
}

char *path_entry_text(const struct path_entry *entry, const struct path_entry *root, char *buffer,
                      size_t size_bytes) {
    struct text text = {.start = buffer, .at = buffer + size_bytes};
    bool room = put(&text, "", 1);
    if (entry->removed) {
        room = room && put_string(&text, " (deleted)");
    }
    if (entry == root || entry->parent == NULL) {
        room = room && put_string(&text, "/");
    }
    while (entry != root && entry->parent != NULL) {
        room = room && put(&text, entry->name, entry->length) && put_string(&text, "/");
        entry = entry->parent;
    }
    if (entry != root) {
        room = room && put_string(&text, "(unreachable)");
    }
    return room ? text.at : NULL;
}
