// What ld.so does: constructors and destructors in order, thread storage of libraries that are
// linked and of one that is opened, an ifunc, interposition, and each way to find a library.
//
// All objects are made of this file; each part's options say which it is. `{parts}` is their
// folder, whose path the program's RUNPATH gives from $ORIGIN.
//
// syscalls: openat read newfstatat mmap mprotect munmap close
// part: deep/libsecond.so -DSECOND
// part: path/libelsewhere.so -DELSEWHERE
// part: libfirst.so -DFIRST -Wl,--enable-new-dtags,-rpath,$ORIGIN/deep {parts}/deep/libsecond.so
// part: libpreload.so -DPRELOAD
// part: libplugin.so -DPLUGIN {parts}/libfirst.so
// link: -Wl,-rpath,$ORIGIN/{folder} {parts}/libfirst.so {parts}/path/libelsewhere.so
// env: LD_PRELOAD={parts}/libpreload.so
// env: LD_LIBRARY_PATH=/nowhere:{parts}/path
// status: 3
// expect: second: constructor
// expect: first: constructor
// expect: elsewhere, by LD_LIBRARY_PATH
// expect: preloaded first
// expect: ifunc 42
// expect: storage 101 102 then 101
// expect: not there: 1
// expect: plugin: constructor
// expect: plugin storage 8 9 then 8, first's 103
// expect: itself 1, its own work 1, its library's name first
// expect: open already 1
// expect: plugin: destructor
// expect: plugin: at exit
// expect: open still 0
// expect: plugin: constructor
// expect: plugin storage 8 9 then 8, first's 104
// expect: plugin: at exit
// expect: main: at exit
// expect: plugin: destructor
// expect: first: destructor
// expect: second: destructor

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int second_base(void);
int first_next(void);
const char *first_name(void);
int first_chosen(void);
const char *elsewhere(void);

#ifdef SECOND
static int base;
__attribute__((constructor)) static void start(void) {
    base = 100;
    puts("second: constructor");
}
__attribute__((destructor)) static void end(void) { puts("second: destructor"); }
int second_base(void) { return base; }

#elif defined(FIRST)
static __thread int calls = 0;
__attribute__((constructor)) static void start(void) { puts("first: constructor"); }
__attribute__((destructor)) static void end(void) { puts("first: destructor"); }
int first_next(void) { return second_base() + ++calls; }
const char *first_name(void) { return "first"; }
static int chosen(void) { return 42; }
static int (*choose(void))(void) { return chosen; }
int first_chosen(void) __attribute__((ifunc("choose")));

#elif defined(ELSEWHERE)
const char *elsewhere(void) { return "elsewhere"; }

#elif defined(PRELOAD)
const char *first_name(void) {
    static char name[32];
    const char *(*next)(void) = (const char *(*)(void))dlsym(RTLD_NEXT, "first_name");
    snprintf(name, sizeof name, "preloaded %s", next());
    return name;
}

#elif defined(PLUGIN)
static __thread int number = 7;
static void say(void) { puts("plugin: at exit"); }
__attribute__((constructor)) static void start(void) {
    puts("plugin: constructor");
    atexit(say);
}
__attribute__((destructor)) static void end(void) { puts("plugin: destructor"); }
int plugin_next(void) { return ++number; }
int plugin_first(void) { return first_next(); }

#else
static void say(void) { puts("main: at exit"); }

static void *call_once(void *function) {
    return (void *)(long)((int (*)(void))function)();
}

static int in_a_thread(int (*function)(void)) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, call_once, (void *)function);
    pthread_join(thread, &result);
    return (int)(long)result;
}

static void *use_plugin(void) {
    void *plugin = dlopen("libplugin.so", RTLD_NOW);
    if (plugin == NULL) {
        puts(dlerror());
        exit(1);
    }
    int (*next)(void) = (int (*)(void))dlsym(plugin, "plugin_next");
    int (*first)(void) = (int (*)(void))dlsym(plugin, "plugin_first");
    int one = next();
    int two = next();
    printf("plugin storage %d %d then %d, first's %d\n", one, two, in_a_thread(next), first());
    return plugin;
}

static void look_around(void *plugin) {
    Dl_info info;
    void *next = dlsym(plugin, "plugin_next");
    int is_itself = dladdr(next, &info) != 0 && strstr(info.dli_fname, "libplugin.so") != NULL;
    const char *(*name)(void) = (const char *(*)(void))dlsym(plugin, "first_name");
    printf("itself %d, its own work %d, its library's name %s\n", is_itself,
           dlsym(RTLD_DEFAULT, "plugin_next") == NULL, name());
    void *again = dlopen("libplugin.so", RTLD_NOW | RTLD_NOLOAD);
    printf("open already %d\n", again == plugin);
    dlclose(again);
}

int main(void) {
    atexit(say);
    printf("%s, by LD_LIBRARY_PATH\n", elsewhere());
    puts(first_name());
    printf("ifunc %d\n", first_chosen());
    int one = first_next();
    int two = first_next();
    printf("storage %d %d then %d\n", one, two, in_a_thread(first_next));
    printf("not there: %d\n", dlopen("libabsent.so", RTLD_LAZY) == NULL && dlerror() != NULL);
    void *plugin = use_plugin();
    look_around(plugin);
    dlclose(plugin);
    printf("open still %d\n", dlopen("libplugin.so", RTLD_NOW | RTLD_NOLOAD) != NULL);
    use_plugin();
    return 3;
}
#endif
