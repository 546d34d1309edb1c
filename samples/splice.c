// Bytes between pipes, files and memory without a buffer of the program's.
//
// syscalls: splice tee vmsplice
// status: 0
// expect: file to pipe 10 at 15
// expect: pipe to file 10 at 3: ...klmnopqrst
// expect: offsets 30 5
// expect: at the file's end 0
// expect: tee 5 hello hello
// expect: tee of more than there is 5
// expect: pipe to pipe 5 hello
// expect: memory to pipe 9 onetwosix
// expect: pipe to memory 6 abc def
// expect: filled 65536, then EAGAIN
// expect: big 200000 1
// expect: empty, no writer 0
// expect: empty EAGAIN, by O_NONBLOCK EAGAIN
// expect: nobody reads EPIPE
// expect: length 0 0 0
// expect: EINVAL EINVAL EINVAL EINVAL EINVAL
// expect: EBADF EBADF EBADF EBADF
// expect: ESPIPE ESPIPE
// expect: eventfd EINVAL, append EINVAL, directory EINVAL

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *error(long result) {
    static const struct {
        int number;
        const char *name;
    } names[] = {{EAGAIN, "EAGAIN"}, {EINVAL, "EINVAL"}, {EBADF, "EBADF"}, {ESPIPE, "ESPIPE"}, {EPIPE, "EPIPE"}};
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (result == -1 && errno == names[i].number) {
            return names[i].name;
        }
    }
    return result == -1 ? strerror(errno) : "no error";
}

static int file_with(const char *path, const char *text) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(fd, text, strlen(text));
    return fd;
}

static const char *contents(int fd) {
    static char text[100];
    ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
    for (ssize_t i = 0; i < length; i++) {
        text[i] = text[i] == '\0' ? '.' : text[i];
    }
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static const char *take(int fd) {
    static char text[2][100];
    static int turn;
    char *to = text[turn++ % 2];
    ssize_t length = read(fd, to, sizeof(*text) - 1);
    to[length < 0 ? 0 : length] = '\0';
    return to;
}

static void files(void) {
    int pipes[2];
    pipe(pipes);
    int in = file_with("/tmp/splice-in", "abcdefghijklmnopqrstuvwxyz");
    int out = file_with("/tmp/splice-out", "");
    loff_t from = 10, to = 3;
    lseek(in, 5, SEEK_SET);
    printf("file to pipe %zd at", splice(in, NULL, pipes[1], NULL, 10, 0));
    printf(" %ld\n", (long)lseek(in, 0, SEEK_CUR));
    take(pipes[0]);
    splice(in, &from, pipes[1], NULL, 10, 0);
    printf("pipe to file %zd at 3: ", splice(pipes[0], NULL, out, &to, 100, SPLICE_F_MOVE));
    printf("%s\n", contents(out));
    from = 20;
    to = 0;
    splice(in, &from, pipes[1], NULL, 5, 0);
    splice(in, &from, pipes[1], NULL, 5, 0);
    from += 4;
    splice(pipes[0], NULL, out, &to, 5, 0);
    printf("offsets %ld %ld\n", (long)from, (long)to);
    take(pipes[0]);
    printf("at the file's end %zd\n", splice(in, &from, pipes[1], NULL, 5, 0));
    close(in);
    close(out);
}

static void between_pipes(void) {
    int a[2], b[2];
    pipe(a);
    pipe(b);
    write(a[1], "hello", 5);
    printf("tee %zd", tee(a[0], b[1], 5, 0));
    const char *first = take(a[0]);
    printf(" %s %s\n", first, take(b[0]));
    write(a[1], "hello", 5);
    printf("tee of more than there is %zd\n", tee(a[0], b[1], 500, 0));
    take(b[0]);
    printf("pipe to pipe %zd", splice(a[0], NULL, b[1], NULL, 500, 0));
    printf(" %s\n", take(b[0]));
    struct iovec pieces[3] = {{"one", 3}, {"two", 3}, {"six", 3}};
    printf("memory to pipe %zd", vmsplice(a[1], pieces, 3, 0));
    printf(" %s\n", take(a[0]));
    char left[4] = "", right[4] = "";
    struct iovec rooms[2] = {{left, 3}, {right, 3}};
    write(a[1], "abcdefgh", 8);
    printf("pipe to memory %zd", vmsplice(a[0], rooms, 2, 0));
    printf(" %s %s\n", left, right);
}

enum { BIG = 200000 };
static int big_pipe[2], big_in;

static void *send_all(void *unused) {
    long done = 0, moved;
    while (done < BIG && (moved = splice(big_in, NULL, big_pipe[1], NULL, BIG - done, 0)) > 0) {
        done += moved;
    }
    close(big_pipe[1]);
    return unused;
}

// One thread fills, the other empties, and both have to wait.
static void big(void) {
    static char block[BIG] __attribute__((aligned(4096))), copy[BIG];
    for (int i = 0; i < BIG; i++) {
        block[i] = (char)(i * 7 + i / 251);
    }
    int pipes[2];
    pipe(pipes);
    fcntl(pipes[1], F_SETPIPE_SZ, 65536);
    struct iovec whole = {block, sizeof(block)};
    printf("filled %zd, then", vmsplice(pipes[1], &whole, 1, SPLICE_F_NONBLOCK));
    printf(" %s\n", error(vmsplice(pipes[1], &whole, 1, SPLICE_F_NONBLOCK)));
    big_in = file_with("/tmp/splice-in", "");
    write(big_in, block, BIG);
    lseek(big_in, 0, SEEK_SET);
    int out = file_with("/tmp/splice-out", "");
    pipe(big_pipe);
    pthread_t sender;
    pthread_create(&sender, NULL, send_all, NULL);
    long done = 0, moved;
    while ((moved = splice(big_pipe[0], NULL, out, NULL, BIG, 0)) > 0) {
        done += moved;
    }
    pthread_join(sender, NULL);
    pread(out, copy, BIG, 0);
    printf("big %ld %d\n", done, memcmp(block, copy, BIG) == 0);
    close(big_in);
    close(out);
    close(pipes[0]);
    close(pipes[1]);
}

static void errors(void) {
    int a[2], b[2];
    pipe(a);
    pipe(b);
    int file = file_with("/tmp/splice-in", "text");
    loff_t offset = 0, negative = -1;
    struct iovec one = {"x", 1};
    close(b[1]);
    printf("empty, no writer %zd\n", splice(b[0], NULL, file, NULL, 5, 0));
    printf("empty %s, by O_NONBLOCK ", error(splice(a[0], NULL, file, NULL, 5, SPLICE_F_NONBLOCK)));
    fcntl(a[0], F_SETFL, O_NONBLOCK);
    printf("%s\n", error(splice(a[0], NULL, file, NULL, 5, 0)));
    close(b[0]);
    pipe(b);
    close(b[0]);
    printf("nobody reads %s\n", error(splice(file, &offset, b[1], NULL, 4, 0)));
    printf("length 0 %zd %zd\n", splice(-1, NULL, -1, NULL, 0, 99), tee(-1, -1, 0, 0));
    printf("%s", error(splice(a[0], NULL, file, NULL, 5, 16)));
    printf(" %s", error(splice(a[0], NULL, a[1], NULL, 5, 0)));
    printf(" %s", error(tee(a[0], a[1], 5, 0)));
    printf(" %s", error(splice(file, NULL, file, NULL, 5, 0)));
    printf(" %s\n", error(splice(file, &negative, a[1], NULL, 5, 0)));
    printf("%s", error(splice(-1, NULL, file, NULL, 5, 0)));
    printf(" %s", error(splice(a[1], NULL, file, NULL, 5, 0)));
    printf(" %s", error(splice(file, NULL, a[0], NULL, 5, 0)));
    printf(" %s\n", error(vmsplice(file, &one, 1, 0)));
    printf("%s", error(splice(a[0], &offset, file, NULL, 5, 0)));
    printf(" %s\n", error(splice(file, NULL, a[1], &offset, 5, 0)));
    write(a[1], "more", 4);
    int event = eventfd(1, 0), append = open("/tmp/splice-out", O_WRONLY | O_APPEND);
    printf("eventfd %s,", error(splice(event, NULL, a[1], NULL, 8, 0)));
    printf(" append %s,", error(splice(a[0], NULL, append, NULL, 4, 0)));
    int directory = open("/tmp", O_RDONLY | O_DIRECTORY);
    printf(" directory %s\n", error(splice(directory, NULL, a[1], NULL, 4, 0)));
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    files();
    between_pipes();
    big();
    errors();
    unlink("/tmp/splice-in");
    unlink("/tmp/splice-out");
    return 0;
}
