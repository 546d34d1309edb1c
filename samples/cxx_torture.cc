// C++ threads by the hundred: exceptions that cross threads, futures and packaged tasks, storage per thread that is destroyed
// while others start, locks that are held when something is thrown. With an argument: so many rounds, for minutes.
//
// syscalls: clone futex
// status: 0
// expect: thrown 200, nested 200, kinds 100 100
// expect: tasks 200, async 4950, broken 50
// expect: storage 200 made, 200 destroyed, in order 1
// expect: queue 20000, waits 1

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <mutex>
#include <queue>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

enum { THREADS = 50, WAVES = 4, ITEMS = 5000, PRODUCERS = 4, ASYNC = 100 };

static std::mutex lock;

struct Problem : std::runtime_error {
    explicit Problem(int number) : std::runtime_error("problem " + std::to_string(number)) {}
};

// Thrown through frames with destructors, on a thread of its own, and rethrown on another.
static void fail(int number) {
    const std::lock_guard guard(lock);
    std::string text(100, 'x');
    if (number % 2 == 0) {
        throw Problem(number);
    }
    (void)std::vector<int>(3).at(static_cast<std::size_t>(number) + text.size());
}

static void exceptions() {
    int thrown = 0, nested = 0, problems = 0, ranges = 0;
    for (int wave = 0; wave < WAVES; wave++) {
        std::vector<std::exception_ptr> caught(THREADS);
        std::vector<std::thread> threads;
        for (int i = 0; i < THREADS; i++) {
            threads.emplace_back([&caught, i] {
                try {
                    try {
                        fail(i);
                    } catch (...) {
                        std::throw_with_nested(std::logic_error("outer"));
                    }
                } catch (...) {
                    caught[static_cast<std::size_t>(i)] = std::current_exception();
                }
            });
        }
        for (auto &thread : threads) {
            thread.join();
        }
        for (const auto &exception : caught) {
            try {
                std::rethrow_exception(exception);
            } catch (const std::logic_error &error) {
                thrown++;
                try {
                    std::rethrow_if_nested(error);
                } catch (const Problem &) {
                    nested++, problems++;
                } catch (const std::out_of_range &) {
                    nested++, ranges++;
                }
            }
        }
    }
    std::printf("thrown %d, nested %d, kinds %d %d\n", thrown, nested, problems, ranges);
}

static void futures() {
    int tasks = 0, sum = 0, broken = 0;
    for (int i = 0; i < THREADS * WAVES; i++) {
        std::packaged_task<int(int)> task([](int value) { return value; });
        auto future = task.get_future();
        std::thread(std::move(task), 1).detach();
        tasks += future.get();
    }
    std::vector<std::future<int>> values;
    for (int i = 0; i < ASYNC; i++) {
        values.push_back(std::async(std::launch::async, [i] { return i; }));
    }
    for (auto &value : values) {
        sum += value.get();
    }
    for (int i = 0; i < THREADS; i++) {
        std::future<int> never;
        { never = std::promise<int>().get_future(); }
        try {
            never.get();
        } catch (const std::future_error &) {
            broken++;
        }
    }
    std::printf("tasks %d, async %d, broken %d\n", tasks, sum, broken);
}

static std::atomic<int> made, destroyed;
static std::atomic<bool> in_order;

struct Counted {
    std::string text = std::string(200, 'y');
    std::atomic<int> *other = nullptr;
    ~Counted() { destroyed++; }
};
static thread_local Counted counted;

// Destroyed first, as it was made last: `counted` is still there.
struct Last {
    ~Last() { in_order = in_order && counted.text.size() == 200; }
};

static void storage() {
    made = destroyed = 0;
    in_order = true;
    for (int wave = 0; wave < WAVES; wave++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < THREADS; i++) {
            threads.emplace_back([] {
                counted.other = &made;
                ++*counted.other;
                thread_local Last last;
                (void)&last;
            });
        }
        for (auto &thread : threads) {
            thread.join();
        }
    }
    std::printf("storage %d made, %d destroyed, in order %d\n", made.load(), destroyed.load(), in_order.load());
}

static void queue() {
    std::queue<int> items;
    std::condition_variable changed;
    std::atomic<int> taken = 0;
    std::vector<std::thread> threads;
    int left = PRODUCERS;
    for (int i = 0; i < PRODUCERS; i++) {
        threads.emplace_back([&] {
            for (int k = 0; k < ITEMS; k++) {
                std::unique_lock guard(lock);
                changed.wait(guard, [&] { return items.size() < 16; });
                items.push(1);
                changed.notify_all();
            }
            const std::lock_guard guard(lock);
            left--;
            changed.notify_all();
        });
        threads.emplace_back([&] {
            while (true) {
                std::unique_lock guard(lock);
                changed.wait(guard, [&] { return !items.empty() || left == 0; });
                if (items.empty()) {
                    return;
                }
                taken += items.front();
                items.pop();
                changed.notify_all();
            }
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    std::printf("queue %d, waits %d\n", taken.load(), items.empty());
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? std::atoi(argv[1]) : 1;
    for (int i = 0; i < rounds; i++) {
        exceptions();
        futures();
        storage();
        queue();
    }
    return 0;
}
