// An interpreter of syscall sequences: reads them from standard input, makes the calls, prints what
// each gave. The same file runs under qemu-user and in an image, and has to print the same.
//
//     sequence DIRECTORY < sequences
//
// DIRECTORY becomes the root. A line is one command; VALUE is explained at value_of():
//
//     S NUMBER                    a sequence starts, with nothing left of the one before
//     w OFFSET SIZE VALUE         store an integer in the arena
//     s OFFSET HEX                store bytes
//     f OFFSET SIZE BYTE          fill
//     c SLOT KIND NUMBER VALUE*6  a call; KIND x: print its result, a: as an address, s: as
//                                 failed or not, n: not at all
//     o OFFSET SIZE               print bytes of the arena, when the last call has not failed
//     r OFFSET                    print as many bytes of the arena as the last call returned
//     x OFFSET                    print a struct stat without what differs between systems
//     t VALUE WRITE               read or write a byte there, and tell the signal if that raises one
//
// No libc state is kept across calls: sequences move the program break and close every file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { PAGE = 4096, SLOTS = 64, MAPS = 64, TIMERS = 16, FIRST_FD = 3, LAST_FD = 128, LAST_SIGNAL = 64 };
enum { ARENA = 64 * PAGE, GROUND_PAGES = 64, INPUT_SIZE = 32 << 20, OUTPUT_SIZE = 1 << 20 };
enum { PRINT_MAX = 256, CALL_ARGUMENTS = 6 };

// Below where systems look for room, so that no mapping comes to lie here that was not asked for.
#define GROUND ((char *)0x1000000000)

struct map {
    char *start;
    size_t size_bytes;
};

static char arena[ARENA] __attribute__((aligned(4096)));
static char input[INPUT_SIZE], output[OUTPUT_SIZE];
static size_t output_size;
static long slots[SLOTS];
static struct map maps[MAPS];
static int map_count;
static int timers[TIMERS], timer_count;
static long first_break, last_result;
static sigjmp_buf touch_return;
static volatile sig_atomic_t touching;
static struct rlimit limits[RLIM_NLIMITS];

// --- output ---------------------------------------------------------------------------------------

static void flush(void) {
    size_t done = 0;
    while (done < output_size) {
        ssize_t now = write(1, output + done, output_size - done);
        if (now < 0) {
            _exit(2);
        }
        done += (size_t)now;
    }
    output_size = 0;
}

static void put(const char *text) {
    size_t length = strlen(text);
    if (output_size + length < OUTPUT_SIZE) {
        memcpy(output + output_size, text, length);
        output_size += length;
    }
}

static void stop(const char *why) {
    put(why);
    put("\n");
    flush();
    _exit(2);
}

static void put_number(long number) {
    char digits[24];
    char *at = digits + sizeof(digits) - 1;
    unsigned long rest = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0) {
        *--at = '-';
    }
    put(at);
}

static void put_bytes(const char *bytes, size_t size_bytes) {
    char pair[3] = {0};
    for (size_t i = 0; i < size_bytes && i < PRINT_MAX; i++) {
        pair[0] = "0123456789abcdef"[(unsigned char)bytes[i] >> 4];
        pair[1] = "0123456789abcdef"[bytes[i] & 15];
        put(pair);
    }
    uint32_t sum = 5381;
    for (size_t i = PRINT_MAX; i < size_bytes; i++) {
        sum = sum * 33 + (unsigned char)bytes[i];
    }
    if (size_bytes > PRINT_MAX) {
        put("+");
        put_number(sum);
    }
}

static void put_named(const char *name, long number) {
    put(name);
    put_number(number);
}

// Where systems put things differs; that two addresses are the same must not.
static void put_address(long result) {
    char *address = (char *)result;
    if (address >= GROUND && address < GROUND + (size_t)GROUND_PAGES * PAGE) {
        return put_named("ground+", address - GROUND);
    }
    if (address >= arena && address < arena + ARENA) {
        return put_named("arena+", address - arena);
    }
    if (result >= first_break - (1L << 24) && result < first_break + (1L << 24)) {
        return put_named("break+", result - first_break);
    }
    put(result % PAGE == 0 ? "mapped" : "odd");
}

// --- signals --------------------------------------------------------------------------------------

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    if (touching != 0) {
        touching = 0;
        put_named("signal ", number);
        put_named(" code ", info->si_code);
        siglongjmp(touch_return, 1);
    }
    if ((number == SIGSEGV || number == SIGBUS) && info->si_code > 0) {
        stop("the interpreter crashed");
    }
    put_named("! ", number);
    put_named(" code ", info->si_code);
    if (info->si_code == SI_QUEUE) {
        put_named(" value ", info->si_value.sival_int);
    }
    put("\n");
}

static int catchable(int number) {
    return number != SIGKILL && number != SIGSTOP && (number < 32 || number > 33);
}

static void reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t none;
    stack_t stack = {.ss_flags = SS_DISABLE};
    // To be ignored takes a signal off the queue.
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (catchable(number)) {
            sigaction(number, &action, NULL);
        }
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (catchable(number)) {
            sigaction(number, &action, NULL);
        }
    }
    sigaltstack(&stack, NULL);
}

// --- a fresh state --------------------------------------------------------------------------------

struct record { // getdents64(2)
    uint64_t inode;
    int64_t offset;
    uint16_t size_bytes;
    uint8_t type;
    char name[];
};

static void empty_directory(int directory);

static void remove_entry(int directory, const char *name) {
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        unlinkat(directory, name, 0) == 0) {
        return;
    }
    int inner = openat(directory, name, O_RDONLY | O_DIRECTORY);
    empty_directory(inner);
    close(inner);
    if (unlinkat(directory, name, AT_REMOVEDIR) != 0) {
        stop("cannot clean up");
    }
}

static void empty_directory(int directory) {
    char buffer[PAGE] __attribute__((aligned(8)));
    long size;
    while ((size = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0) {
        for (long i = 0; i < size;) {
            const struct record *record = (const struct record *)(buffer + i);
            i += record->size_bytes;
            remove_entry(directory, record->name);
        }
    }
}

static void reset_files(void) {
    // Not close_range(2): qemu-user 7.2 would take the next file for the one that had its number.
    for (int fd = FIRST_FD; fd < LAST_FD; fd++) {
        close(fd);
    }
    chown("/", 0, 0);
    chmod("/", 0755);
    chdir("/");
    umask(022);
    int root = open("/", O_RDONLY | O_DIRECTORY);
    empty_directory(root);
    close(root);
}

static void reset_memory(void) {
    munlockall();
    while (map_count > 0) {
        map_count--;
        munmap(maps[map_count].start, maps[map_count].size_bytes);
    }
    munmap(GROUND, (size_t)GROUND_PAGES * PAGE);
    syscall(SYS_brk, first_break);
    memset(arena, 0, ARENA);
}

static void reset_time(void) {
    const struct itimerval none = {0};
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        setitimer((__itimer_which_t)which, &none, NULL);
    }
    while (timer_count > 0) {
        syscall(SYS_timer_delete, timers[--timer_count]);
    }
}

static void reset_process(void) {
    for (int which = 0; which < RLIM_NLIMITS; which++) {
        setrlimit((__rlimit_resource_t)which, &limits[which]);
    }
    prctl(PR_SET_NAME, "sequence");
    prctl(PR_SET_DUMPABLE, 1);
    setpriority(PRIO_PROCESS, 0, 0);
}

static void start_sequence(void) {
    reset_time();
    reset_signals();
    reset_process();
    reset_memory();
    reset_files();
    for (int slot = 0; slot < SLOTS; slot++) {
        slots[slot] = -1;
    }
}

// --- commands -------------------------------------------------------------------------------------

static const char *at; // where the input is read

static long number(void) {
    char *end;
    long value = (long)strtoull(at, &end, 0);
    at = end;
    return value;
}

static char word(void) {
    at += strspn(at, " ");
    return *at++;
}

// A number, or a letter and a number: of the arena (a), the playground (g), the first program break
// (b); d: the int at that offset of the arena; r: a call's result, with +NUMBER behind it added;
// H: the signal handler; P: this process.
static long value_of(void) {
    at += strspn(at, " ");
    char letter = *at;
    if (letter == '-' || (letter >= '0' && letter <= '9')) {
        return number();
    }
    at++;
    if (letter == 'H') {
        return (long)on_signal;
    }
    if (letter == 'P') {
        return getpid();
    }
    long offset = number();
    switch (letter) {
    case 'a':
        return (long)(arena + offset);
    case 'g':
        return (long)(GROUND + offset);
    case 'b':
        return first_break + offset;
    case 'd':
        return *(int *)(arena + offset);
    default:
        return slots[offset] + (*at == '+' ? number() : 0);
    }
}

static void remember(long call, long result, const long *values) {
    if (call == SYS_mmap && map_count < MAPS) {
        maps[map_count++] = (struct map){(char *)result, (size_t)values[1]};
    }
    if (call == SYS_mremap && map_count < MAPS) {
        maps[map_count++] = (struct map){(char *)result, (size_t)values[2]};
    }
    if (call == SYS_timer_create && timer_count < TIMERS) {
        timers[timer_count++] = *(int *)values[2];
    }
}

static void put_result(long slot, char kind, long result) {
    put_number(slot);
    put(" ");
    if (result < 0 && result >= -4095) {
        put_number(result);
    } else if (kind == 'a') {
        put_address(result);
    } else if (kind == 's') {
        put("done");
    } else {
        put_number(result);
    }
    put("\n");
}

static void call(void) {
    long slot = number();
    char kind = word();
    long nr = number();
    long values[CALL_ARGUMENTS];
    for (int i = 0; i < CALL_ARGUMENTS; i++) {
        values[i] = value_of();
    }
    long result =
        syscall(nr, values[0], values[1], values[2], values[3], values[4], values[5]);
    result = result == -1 ? -errno : result;
    slots[slot] = last_result = result;
    if (result >= 0 || result < -4095) {
        remember(nr, result, values);
    }
    if (kind != 'n') {
        put_result(slot, kind, result);
    }
}

static void store(void) {
    long offset = number();
    long size = number();
    long value = value_of();
    memcpy(arena + offset, &value, (size_t)size);
}

static int digit(char letter) {
    return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

static void store_bytes(void) {
    char *to = arena + number();
    at += strspn(at, " ");
    for (; *at > ' '; at += 2) {
        *to++ = (char)(digit(at[0]) << 4 | digit(at[1]));
    }
}

static void fill(void) {
    long offset = number();
    long size = number();
    memset(arena + offset, (int)number(), (size_t)size);
}

static void show(const char *bytes, long size_bytes) {
    if (last_result >= 0 && size_bytes >= 0) {
        put("= ");
        put_bytes(bytes, (size_t)size_bytes);
        put("\n");
    }
}

static void show_stat(const struct stat *status) {
    if (last_result < 0) {
        return;
    }
    put_named("= mode ", status->st_mode);
    put_named(" links ", (long)status->st_nlink);
    put_named(" owner ", status->st_uid);
    put_named(" ", status->st_gid);
    // The size of a directory is the file system's affair.
    if (!S_ISDIR(status->st_mode)) {
        put_named(" size ", status->st_size);
        put_named(" blocks ", status->st_blocks);
    }
    put_named(" device ", (long)status->st_rdev);
    put("\n");
}

static void touch(void) {
    volatile char *address = (char *)value_of();
    long write_it = number();
    put("@ ");
    if (sigsetjmp(touch_return, 1) == 0) {
        touching = 1;
        char byte = *address;
        if (write_it != 0) {
            *address = (char)(byte + 1);
        }
        touching = 0;
        put_number(byte);
    }
    put("\n");
}

static void command(char letter) {
    switch (letter) {
    case 'S':
        put_named("S ", number());
        put("\n");
        flush();
        return start_sequence();
    case 'w':
        return store();
    case 's':
        return store_bytes();
    case 'f':
        return fill();
    case 'c':
        return call();
    case 'o': {
        long offset = number();
        return show(arena + offset, number());
    }
    case 'r':
        return show(arena + number(), last_result);
    case 'x':
        return show_stat((struct stat *)(arena + number()));
    default:
        return touch();
    }
}

static void read_input(void) {
    size_t size = 0;
    ssize_t now;
    while ((now = read(0, input + size, INPUT_SIZE - 1 - size)) > 0) {
        size += (size_t)now;
    }
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    close(nothing);
}

int main(int count, char **arguments) {
    read_input();
    if (count < 2 || chdir(arguments[1]) != 0 || chroot(".") != 0) {
        return 1;
    }
    for (int which = 0; which < RLIM_NLIMITS; which++) {
        getrlimit((__rlimit_resource_t)which, &limits[which]);
    }
    first_break = syscall(SYS_brk, 0);
    first_break = syscall(SYS_brk, (first_break + PAGE - 1) / PAGE * PAGE);
    at = input;
    while (*at != '\0') {
        command(*at++);
        at = strchr(at, '\n') + 1;
    }
    put("end\n");
    flush();
    return 0;
}
