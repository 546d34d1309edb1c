// Threads share memory, wait for each other and have their own storage.
//
// syscalls: clone futex set_robust_list
// status: 0
// expect: total 100000 results 20 mine 0

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static _Thread_local int mine;
static long total;
static int arrived;

static void *work(void *argument) {
    mine = (int)(long)argument;
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&lock);
        total += mine;
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    arrived++;
    pthread_cond_signal(&ready);
    pthread_mutex_unlock(&lock);
    return (void *)(long)(mine * 2);
}

int main(void) {
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    }
    pthread_mutex_lock(&lock);
    while (arrived < 4) {
        pthread_cond_wait(&ready, &lock);
    }
    pthread_mutex_unlock(&lock);
    long results = 0;
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        results += (long)result;
    }
    printf("total %ld results %ld mine %d\n", total, results, mine);
    return 0;
}
