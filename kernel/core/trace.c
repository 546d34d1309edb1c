// Telling the host of every system call and signal (hermipy run --strace). When this is linked
// every entry of the dispatch table leads here, and the handlers are in syscall_table_traced.
//
// What the calls mean is known on the host alone (hermipy/strace): its plan, in trace_captures,
// says for each number which pieces of the app's memory go along, before the call and after it. A
// signal on its way to the app is seen by standing in for signal_take() (ld.lld --wrap), so that an
// image without this object has no trace of it.
#include "arch.h"
#include "channel.h"
#include "set.h"
#include "signal.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/uio.h>

enum { EVENT_MAX = 32768, VECTORS_MAX = 32, STRINGS_MAX = 33, ARGUMENT_COUNT = 6 };

// How many bytes lie behind the pointer in `argument`; never more than max_bytes are taken.
enum capture_kind {
    CAPTURE_STRING = 1,  // up to the NUL
    CAPTURE_FIXED = 2,   // size_bytes
    CAPTURE_COUNTED = 3, // size_bytes for each of the number in argument `count`
    CAPTURE_RESULT = 4,  // size_bytes for each of the call's result
    CAPTURE_POINTED = 5, // as many as the 32-bit word says that argument `count` points to
    CAPTURE_VECTORS = 6, // as many iovecs as argument `count` says; of what each names max_bytes
    CAPTURE_STRINGS = 7, // pointers up to NULL, and the strings they point to
};

// hermipy/link.py writes these, by number.
struct trace_capture {
    uint16_t number;
    uint8_t event; // TRACE_ENTER or TRACE_LEAVE
    uint8_t kind;
    uint8_t argument, count;
    uint16_t size_bytes;
    uint32_t max_bytes;
};

extern const struct trace_capture trace_captures[], trace_captures_end[];

// One at a time: nothing sleeps between its start and its sending.
static struct {
    struct channel_trace head;
    char pieces[EVENT_MAX];
} event;

static size_t used;

static void start(enum channel_trace_event what, uint64_t number) {
    event.head = (struct channel_trace){
        .event = what,
        .tid = thread_current()->tid,
        .number = number,
    };
    used = 0;
}

static void finish(void) {
    channel_send(CHANNEL_TRACE, &event, sizeof(event.head) + used);
}

static size_t room(void) {
    size_t taken = used + sizeof(struct channel_trace_piece);
    return taken < EVENT_MAX ? EVENT_MAX - taken : 0;
}

// Where a piece's bytes go.
static char *place(void) {
    return event.pieces + used + sizeof(struct channel_trace_piece);
}

static void end_piece(uint64_t address, size_t size_bytes) {
    const struct channel_trace_piece piece = {address, size_bytes};
    if (size_bytes != 0) {
        memcpy(event.pieces + used, &piece, sizeof(piece));
        used += sizeof(piece) + size_bytes;
    }
}

// What is not there does not go along: the host shows the pointer then. Gives the bytes' place.
static const void *add(uint64_t address, size_t size_bytes, size_t *got) {
    const char *bytes = place();
    *got = address == 0
               ? 0
               : copy_from_user_partial(place(), user_pointer(address), MIN(size_bytes, room()));
    end_piece(address, *got);
    return bytes;
}

static void add_string(uint64_t address, size_t max_bytes) {
    size_t size = MIN(max_bytes, room());
    ssize_t length = address == 0 ? -1 : string_from_user(place(), user_pointer(address), size);
    if (length >= 0) {
        end_piece(address, (size_t)length + 1);
        return;
    }
    size_t got;
    add(address, size, &got); // longer than that, or its end is not there
}

static void add_vectors(uint64_t address, uint64_t count, size_t max_bytes, uint64_t total) {
    size_t got;
    const struct iovec *vectors =
        add(address, MIN(count, VECTORS_MAX) * sizeof(struct iovec), &got);
    for (size_t i = 0; i < got / sizeof(struct iovec); i++) {
        struct iovec vector;
        memcpy(&vector, vectors + i, sizeof(vector));
        size_t filled = MIN(vector.iov_len, total), ignored;
        add((uint64_t)vector.iov_base, MIN(filled, max_bytes), &ignored);
        total -= filled;
    }
}

static void add_strings(uint64_t address, size_t max_bytes) {
    for (size_t i = 0; i < STRINGS_MAX; i++) {
        size_t got;
        uint64_t string;
        const void *bytes = add(address + i * sizeof(string), sizeof(string), &got);
        if (got < sizeof(string)) {
            return;
        }
        memcpy(&string, bytes, sizeof(string));
        if (string == 0) {
            return;
        }
        add_string(string, max_bytes);
    }
}

static uint64_t pointed(uint64_t address) {
    uint32_t value;
    return address == 0 || get_user(value, user_pointer(address)) != 0 ? 0 : value;
}

static void capture(const struct trace_capture *plan) {
    uint64_t address = event.head.arguments[plan->argument];
    uint64_t count = event.head.arguments[plan->count];
    int64_t result = event.head.result;
    bool leaving = event.head.event == TRACE_LEAVE;
    switch ((enum capture_kind)plan->kind) {
    case CAPTURE_STRING:
        add_string(address, plan->max_bytes);
        return;
    case CAPTURE_VECTORS:
        add_vectors(address, count, plan->max_bytes,
                    leaving ? (uint64_t)MAX(result, 0) : UINT64_MAX);
        return;
    case CAPTURE_STRINGS:
        add_strings(address, plan->max_bytes);
        return;
    case CAPTURE_FIXED:
        count = 1;
        break;
    case CAPTURE_RESULT:
        count = (uint64_t)MAX(result, 0);
        break;
    case CAPTURE_POINTED:
        count = pointed(count);
        break;
    case CAPTURE_COUNTED:
        break;
    }
    size_t got;
    add(address, MIN(MIN(count, plan->max_bytes) * plan->size_bytes, plan->max_bytes), &got);
}

static void capture_all(void) {
    for (const struct trace_capture *plan = trace_captures; plan < trace_captures_end; plan++) {
        if (plan->number == event.head.number && plan->event == event.head.event) {
            capture(plan);
        }
    }
}

static void send_call(enum channel_trace_event what, uint64_t number, const uint64_t *arguments,
                      long result) {
    start(what, number);
    memcpy(event.head.arguments, arguments, sizeof(event.head.arguments));
    event.head.result = result;
    capture_all();
    finish();
}

long syscall_traced(void) {
    const struct regs *regs = thread_regs(thread_current());
    uint64_t number = regs_number(regs), a[ARGUMENT_COUNT];
    for (unsigned i = 0; i < ARGUMENT_COUNT; i++) {
        a[i] = regs_arg(regs, i);
    }
    syscall_fn handler = syscall_handler(syscall_table_traced, number);
    send_call(TRACE_ENTER, number, a, 0);
    long result = handler((long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
    send_call(TRACE_LEAVE, number, a, result);
    return result;
}

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
int __real_signal_take(struct thread *thread, uint64_t wanted, struct siginfo_k *info);
int __wrap_signal_take(struct thread *thread, uint64_t wanted, struct siginfo_k *info);

// signalfd and sigtimedwait take signals as well, but ask for blocked ones.
int __wrap_signal_take(struct thread *thread, uint64_t wanted, struct siginfo_k *info) {
    int signo = __real_signal_take(thread, wanted, info);
    if (signo != 0 && wanted == ~thread->blocked) {
        start(TRACE_SIGNAL, (uint64_t)signo);
        memcpy(place(), info, sizeof(*info));
        end_piece(0, sizeof(*info));
        finish();
    }
    return signo;
}
// NOLINTEND(bugprone-reserved-identifier)

static void trace_exit(struct thread *thread) {
    start(TRACE_EXIT, 0);
    event.head.result = thread->process->exiting ? thread->process->exit_status : -1;
    finish();
}
THREAD_EXIT_HOOK(0, trace_exit);
