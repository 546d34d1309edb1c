// Instructions per operation, for `-icount shift=0`: there the guest's clock counts instructions. Prints lines
// `name ticks rounds`; the first is the clock at the program's first instruction. No libc, so that nothing else counts.

#if defined(__riscv)
#define NUMBER "a7"
#define FIRST "a0"
#define CLOCK "rdtime %0"
#define CALL "ecall"
#define ARGUMENTS register long a1 __asm__("a1") = b, a2 __asm__("a2") = c
#else
#define NUMBER "x8"
#define FIRST "x0"
#define CLOCK "mrs %0, cntvct_el0"
#define CALL "svc #0"
#define ARGUMENTS register long a1 __asm__("x1") = b, a2 __asm__("x2") = c
#endif

enum { SYS_close = 57, SYS_read = 63, SYS_write = 64, SYS_exit_group = 94, SYS_getpid = 172, SYS_openat = 56 };
enum { ROUNDS = 10000 };

static inline __attribute__((always_inline)) long call(long number, long a, long b, long c) {
    register long n __asm__(NUMBER) = number;
    register long a0 __asm__(FIRST) = a;
    ARGUMENTS;
    __asm__ volatile(CALL : "+r"(a0) : "r"(n), "r"(a1), "r"(a2) : "memory");
    return a0;
}

static inline unsigned long clock_now(void) {
    unsigned long ticks;
    __asm__ volatile(CLOCK : "=r"(ticks));
    return ticks;
}

static __attribute__((noinline)) long plain(long value) {
    __asm__ volatile("" : "+r"(value));
    return value;
}

static char line[96];
static int length;

static void put_text(const char *text) {
    while (*text != '\0') {
        line[length++] = *text++;
    }
}

static void put_number(unsigned long value) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        line[length++] = digits[--count];
    }
}

static void report(const char *name, unsigned long ticks, unsigned long rounds) {
    length = 0;
    put_text(name);
    put_text(" ");
    put_number(ticks);
    put_text(" ");
    put_number(rounds);
    put_text("\n");
    call(SYS_write, 1, (long)line, length);
}

#define MEASURE(name, operation)                                                                   \
    do {                                                                                           \
        unsigned long start = clock_now();                                                         \
        for (int i = 0; i < ROUNDS; i++) {                                                         \
            operation;                                                                             \
        }                                                                                          \
        report(name, clock_now() - start, ROUNDS);                                                 \
    } while (0)

__attribute__((used)) void start(unsigned long first) {
    static char byte;
    report("start", first, 1);
    MEASURE("loop", __asm__ volatile(""));
    MEASURE("call", plain(1));
    MEASURE("getpid", call(SYS_getpid, 0, 0, 0));
    long null = call(SYS_openat, -100, (long)"/dev/null", 2);
    long zero = call(SYS_openat, -100, (long)"/dev/zero", 0);
    MEASURE("write /dev/null", call(SYS_write, null, (long)&byte, 1));
    MEASURE("read /dev/null", call(SYS_read, null, (long)&byte, 1));
    MEASURE("read /dev/zero", call(SYS_read, zero, (long)&byte, 1));
    call(SYS_exit_group, 0, 0, 0);
}

#if defined(__riscv)
__asm__(".globl _start\n_start: rdtime a0\n .option push\n .option norelax\n la gp, __global_pointer$\n"
        ".option pop\n tail start\n");
#else
__asm__(".globl _start\n_start: mrs x0, cntvct_el0\n b start\n");
#endif
