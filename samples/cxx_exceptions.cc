// C++ exceptions unwind through frames and threads; one that nobody catches ends the program.
//
// syscalls: exit_group tgkill
// status: 134
// expect: destroyed 3
// expect: destroyed 2
// expect: destroyed 1
// expect: caught depth 3
// expect: again depth 3
// expect: vector: out of range
// expect: bad alloc
// expect: from a thread: there
// expect: bad cast
// expect: 1000 exceptions
// expect: last words

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

struct Noisy {
    int number;
    ~Noisy() { std::printf("destroyed %d\n", number); }
};

__attribute__((noinline)) static void descend(int depth) {
    Noisy noisy{depth};
    if (depth == 3) {
        throw std::runtime_error("depth " + std::to_string(depth));
    }
    descend(depth + 1);
}

static void rethrow() {
    try {
        descend(1);
    } catch (const std::exception &error) {
        std::printf("caught %s\n", error.what());
        throw;
    }
}

struct Base {
    virtual ~Base() = default;
};
struct Derived : Base {};

static volatile std::size_t much = ~0UL >> 2;

static void standard_exceptions() {
    try {
        std::vector<int>(3).at(3);
    } catch (const std::out_of_range &) {
        std::puts("vector: out of range");
    }
    try {
        ::operator delete(::operator new(much));
    } catch (const std::bad_alloc &) {
        std::puts("bad alloc");
    }
}

static void from_a_thread() {
    std::exception_ptr thrown;
    std::thread([&] {
        try {
            throw std::logic_error("there");
        } catch (...) {
            thrown = std::current_exception();
        }
    }).join();
    try {
        std::rethrow_exception(thrown);
    } catch (const std::logic_error &error) {
        std::printf("from a thread: %s\n", error.what());
    }
    try {
        Base base;
        (void)dynamic_cast<Derived &>(base);
    } catch (const std::bad_cast &) {
        std::puts("bad cast");
    }
}

static int many() {
    int caught = 0;
    for (int i = 0; i < 1000; i++) {
        try {
            throw i;
        } catch (int value) {
            caught += value == i;
        }
    }
    return caught;
}

int main() {
    try {
        rethrow();
    } catch (const std::exception &error) {
        std::printf("again %s\n", error.what());
    }
    standard_exceptions();
    from_a_thread();
    std::printf("%d exceptions\n", many());
    std::set_terminate([] {
        std::puts("last words");
        std::fflush(stdout);
        std::abort();
    });
    throw 1;
}
