// A thousand threads in waves under a rain of signals: locks, condition variables, cancellation, threads that end by
// themselves. With an argument: so many rounds, for minutes.
//
// syscalls: clone futex tgkill setitimer rt_sigreturn
// status: 0
// expect: counted 1, passed on 1, cancelled 1, signals 1

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAVES = 20, THREADS = 50, WORK = 40, STACK = 65536 };

struct baton {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int turn;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct baton baton = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static long counted, passed, cancelled, released;
static volatile long rained;
static int never[2];

static void on_rain(int signo) {
    (void)signo;
    __atomic_fetch_add(&rained, 1, __ATOMIC_RELAXED);
}

static void count_up(long *counter) {
    pthread_mutex_lock(&lock);
    ++*counter;
    pthread_mutex_unlock(&lock);
}

static void *count(void *unused) {
    for (int i = 0; i < WORK; i++) {
        count_up(&counted);
    }
    return unused;
}

static void *pass_on(void *argument) {
    int place = (int)(long)argument;
    pthread_mutex_lock(&baton.lock);
    while (baton.turn != place) {
        pthread_cond_wait(&baton.moved, &baton.lock);
    }
    baton.turn++;
    pthread_cond_broadcast(&baton.moved);
    pthread_mutex_unlock(&baton.lock);
    count_up(&passed);
    return NULL;
}

static void release(void *unused) {
    (void)unused;
    count_up(&released);
}

static void *wait_for_ever(void *unused) {
    char byte;
    pthread_cleanup_push(release, NULL);
    while (read(never[0], &byte, 1) < 0 && errno == EINTR) {
    }
    pthread_cleanup_pop(0);
    return unused;
}

static void *(*const tasks[])(void *) = {count, pass_on, wait_for_ever};

static void wave(const pthread_attr_t *attributes) {
    pthread_t threads[THREADS];
    baton.turn = 1;
    for (long i = 0; i < THREADS; i++) {
        int error;
        // The last to pass on comes first: every other one has to wait.
        while ((error = pthread_create(&threads[i], attributes, tasks[i % 3], (void *)(1 + (THREADS - 1 - i) / 3))) == EAGAIN) {
            usleep(1000);
        }
        if (error != 0) {
            exit(1);
        }
        pthread_kill(threads[i / 2 * 2 == i ? i : i - 1], i % 3 == 0 ? SIGUSR1 : 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        if (i % 3 == 2) {
            pthread_cancel(threads[i]);
        } else {
            pthread_kill(threads[i], SIGUSR1);
        }
        pthread_join(threads[i], &result);
        cancelled += result == PTHREAD_CANCELED;
    }
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? atol(argv[1]) : 1, waves = rounds * WAVES;
    struct itimerval often = {{0, 1000}, {0, 1000}}, off = {0};
    struct sigaction action = {.sa_handler = on_rain, .sa_flags = SA_RESTART};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    pipe(never);
    setitimer(ITIMER_REAL, &often, NULL);
    for (long i = 0; i < waves; i++) {
        wave(&attributes);
    }
    setitimer(ITIMER_REAL, &off, NULL);
    printf("counted %d, passed on %d, cancelled %d, signals %d\n", counted == waves * 17 * WORK, passed == waves * 17,
           cancelled == waves * 16 && released == cancelled, rained > waves);
    return 0;
}
