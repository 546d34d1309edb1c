// The first process of a Linux guest: mounts what programs expect, runs one command, sends its
// output and exit status to the console in frames, and switches the machine off.
//
// The console also carries the kernel's messages, so a frame starts with the word that the host
// chose (the kernel hands `token=WORD` of its command line to init as a variable):
//     WORD 1 BYTES\n...      standard output
//     WORD 2 BYTES\n...      standard error
//     WORD exit STATUS\n     as a shell has it: 128+n for signal n
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_ARGUMENTS 256
#define STREAMS 2

static const struct {
    const char *type, *place;
} MOUNTS[] = {
    {"proc", "/proc"},     {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"cgroup2", "/sys/fs/cgroup"},
    {"tmpfs", "/dev/shm"}, {"tmpfs", "/run"},
};

static void send(const char *data, size_t bytes) {
    while (bytes > 0) {
        ssize_t sent = write(STDOUT_FILENO, data, bytes);
        if (sent < 0 && errno != EINTR && errno != EAGAIN) {
            return;
        }
        data += sent > 0 ? sent : 0;
        bytes -= sent > 0 ? (size_t)sent : 0;
    }
}

static void mount_all(void) {
    for (size_t i = 0; i < sizeof(MOUNTS) / sizeof(MOUNTS[0]); i++) {
        mkdir(MOUNTS[i].place, 0755);
        if (mount(MOUNTS[i].type, MOUNTS[i].place, MOUNTS[i].type, 0, NULL) < 0) {
            fprintf(stderr, "init: %s: %s\n", MOUNTS[i].place, strerror(errno));
        }
    }
}

// The frames' bytes must arrive as they are.
static void make_raw(void) {
    struct termios settings;
    if (tcgetattr(STDOUT_FILENO, &settings) == 0) {
        cfmakeraw(&settings);
        tcsetattr(STDOUT_FILENO, TCSANOW, &settings);
    }
}

// /init.command has the arguments, each with its NUL.
static char **read_command(void) {
    static char text[65536];
    static char *arguments[MAX_ARGUMENTS + 1];
    int file = open("/init.command", O_RDONLY);
    ssize_t bytes = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
    close(file);
    size_t count = 0;
    for (char *at = text; at < text + bytes && count < MAX_ARGUMENTS; at += strlen(at) + 1) {
        arguments[count++] = at;
    }
    return arguments;
}

static pid_t start(char **command, int outputs[STREAMS]) {
    int pipes[STREAMS][2];
    for (int i = 0; i < STREAMS; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) < 0) {
            return -1;
        }
        outputs[i] = pipes[i][0];
    }
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, STDIN_FILENO);
        dup2(pipes[0][1], STDOUT_FILENO);
        dup2(pipes[1][1], STDERR_FILENO);
        unsetenv("token");
        setsid();
        execvp(command[0], command);
        dprintf(STDERR_FILENO, "init: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    close(pipes[0][1]);
    close(pipes[1][1]);
    return child;
}

static int relay_one(const char *token, int stream, int from) {
    char data[4096], header[128];
    ssize_t bytes = read(from, data, sizeof(data));
    if (bytes <= 0) {
        return bytes < 0 && errno == EINTR;
    }
    int length = snprintf(header, sizeof(header), "%s %d %zd\n", token, stream, bytes);
    send(header, (size_t)length);
    send(data, (size_t)bytes);
    return 1;
}

// Until the command ends; what outlives it is cut off.
static int relay(const char *token, pid_t child, int outputs[STREAMS]) {
    struct pollfd polled[STREAMS] = {{outputs[0], POLLIN, 0}, {outputs[1], POLLIN, 0}};
    int status = -1;
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        int ready = poll(polled, STREAMS, status < 0 ? 50 : 0);
        for (int i = 0; i < STREAMS; i++) {
            if (polled[i].revents && !relay_one(token, i + 1, polled[i].fd)) {
                polled[i].fd = -1;
            }
        }
        if (status >= 0 && ready <= 0) {
            return status;
        }
        // Orphans are ours to reap as well.
        int ended;
        for (pid_t who; (who = waitpid(-1, &ended, WNOHANG)) > 0;) {
            status = who == child ? ended : status;
        }
    }
    while (status < 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int main(void) {
    const char *token = getenv("token");
    make_raw();
    mount_all();
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("HOME", "/root", 1);
    int outputs[STREAMS];
    pid_t child = start(read_command(), outputs);
    int status = child < 0 ? 127 << 8 : relay(token ? token : "?", child, outputs);
    char line[128];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    int length = snprintf(line, sizeof(line), "%s exit %d\n", token ? token : "?", code);
    send(line, (size_t)length);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    return 0;
}
