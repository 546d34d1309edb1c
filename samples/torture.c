// Threads in waves, and a hundred at one time, under a rain of signals: locks, condition variables, cancellation, threads
// that end by themselves. With an argument: a thousand at one time, and so many rounds, for minutes.
//
// syscalls: clone futex tgkill setitimer rt_sigreturn
// status: 0
// expect: counted 1, passed on 1, cancelled 1, signals 1
// expect: a crowd 1, met 1

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAVES = 20, THREADS = 50, CROWD = 100, CROWD_MAX = 1000, WORK = 40, STACK = 65536 };

struct baton {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int turn;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct baton baton = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static long counted, passed, cancelled, released, arrived, met, crowd_size = CROWD;
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

// The last of a crowd lets the others go on.
static void *meet(void *unused) {
    pthread_mutex_lock(&baton.lock);
    if (++arrived % crowd_size == 0) {
        pthread_cond_broadcast(&baton.moved);
    }
    for (long round = (arrived - 1) / crowd_size; arrived < (round + 1) * crowd_size;) {
        pthread_cond_wait(&baton.moved, &baton.lock);
    }
    pthread_mutex_unlock(&baton.lock);
    count_up(&met);
    return unused;
}

static void *(*const tasks[])(void *) = {count, pass_on, wait_for_ever};

static void start(pthread_t *thread, const pthread_attr_t *attributes, void *(*task)(void *), long argument) {
    int error;
    while ((error = pthread_create(thread, attributes, task, (void *)argument)) == EAGAIN) {
        usleep(1000);
    }
    if (error != 0) {
        exit(1);
    }
}

static void crowd(const pthread_attr_t *attributes) {
    static pthread_t threads[CROWD_MAX];
    for (int i = 0; i < crowd_size; i++) {
        start(&threads[i], attributes, meet, 0);
    }
    for (int i = 0; i < crowd_size; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void wave(const pthread_attr_t *attributes) {
    pthread_t threads[THREADS];
    baton.turn = 1;
    for (long i = 0; i < THREADS; i++) {
        // The last to pass on comes first: every other one has to wait.
        start(&threads[i], attributes, tasks[i % 3], 1 + (THREADS - 1 - i) / 3);
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
    crowd_size = argc > 1 ? CROWD_MAX : CROWD;
    for (long i = 0; i < rounds; i++) {
        crowd(&attributes);
    }
    setitimer(ITIMER_REAL, &off, NULL);
    printf("counted %d, passed on %d, cancelled %d, signals %d\n", counted == waves * 17 * WORK, passed == waves * 17,
           cancelled == waves * 16 && released == cancelled, rained > waves);
    printf("a crowd %d, met %d\n", arrived == rounds * crowd_size, met == arrived);
    return 0;
}
