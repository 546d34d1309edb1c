// C++ threads: futures, condition variables, a shared queue, atomics that wait, storage per thread.
//
// syscalls: clone futex
// status: 0
// expect: queue 4950
// expect: futures 285
// expect: once 1
// expect: timed out
// expect: atomic 40000
// expect: semaphore 8
// expect: thread storage 1 2 3
// expect: async threw 3 of 9
// expect: second storage destroyed
// expect: first storage destroyed
// expect: stopped

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

class Queue {
  public:
    void put(int item) {
        const std::lock_guard guard(lock_);
        items_.push_back(item);
        filled_.notify_one();
    }
    int take() {
        std::unique_lock guard(lock_);
        filled_.wait(guard, [this] { return !items_.empty(); });
        int item = items_.front();
        items_.pop_front();
        return item;
    }

  private:
    std::mutex lock_;
    std::condition_variable filled_;
    std::deque<int> items_;
};

static void queue() {
    Queue queue;
    std::atomic<int> sum = 0;
    {
        std::vector<std::jthread> takers;
        for (int i = 0; i < 4; i++) {
            takers.emplace_back([&] {
                for (int k = 0; k < 25; k++) {
                    sum += queue.take();
                }
            });
        }
        for (int i = 0; i < 100; i++) {
            queue.put(i);
        }
    }
    std::printf("queue %d\n", sum.load());
}

static void futures() {
    std::vector<std::future<int>> squares;
    for (int i = 0; i < 10; i++) {
        squares.push_back(std::async(std::launch::async, [i] { return i * i; }));
    }
    int sum = 0;
    for (auto &square : squares) {
        sum += square.get();
    }
    std::printf("futures %d\n", sum);
    std::once_flag flag;
    int times = 0;
    for (int i = 0; i < 3; i++) {
        std::call_once(flag, [&] { times++; });
    }
    std::printf("once %d\n", times);
    std::promise<void> never;
    bool ready =
        never.get_future().wait_for(std::chrono::milliseconds(20)) == std::future_status::ready;
    std::puts(ready ? "ready" : "timed out");
}

static void atomics() {
    std::atomic<int> count = 0;
    std::latch start(4);
    std::counting_semaphore<8> slots(0);
    {
        std::vector<std::jthread> counters;
        for (int i = 0; i < 4; i++) {
            counters.emplace_back([&] {
                start.arrive_and_wait();
                for (int k = 0; k < 10000; k++) {
                    count.fetch_add(1, std::memory_order_relaxed);
                }
                slots.release(2);
            });
        }
    }
    int taken = 0;
    while (slots.try_acquire_for(std::chrono::milliseconds(1))) {
        taken++;
    }
    std::printf("atomic %d\nsemaphore %d\n", count.load(), taken);
}

static thread_local int mine = 1;

static void storage() {
    int seen[2] = {};
    for (int i = 0; i < 2; i++) {
        std::thread([&, i] { seen[i] = mine += i + 1; }).join();
    }
    std::printf("thread storage %d %d %d\n", mine, seen[0], seen[1]);
}

static void exceptions() {
    std::vector<std::future<int>> parts;
    for (int i = 1; i <= 9; i++) {
        parts.push_back(std::async(i % 2 ? std::launch::async : std::launch::deferred, [i] {
            if (i % 3 == 0) {
                throw std::out_of_range(std::to_string(i));
            }
            return i;
        }));
    }
    int thrown = 0;
    for (auto &part : parts) {
        try {
            part.get();
        } catch (const std::out_of_range &) {
            thrown++;
        }
    }
    std::printf("async threw %d of 9\n", thrown);
}

struct Storage {
    const char *name;
    ~Storage() { std::printf("%s storage destroyed\n", name); }
};
static thread_local Storage first{"first"};
static thread_local Storage second{"second"};

static void destructors() {
    std::thread([] { (void)(first.name == second.name); }).join();
}

static void stopping() {
    std::mutex lock;
    std::condition_variable_any wake;
    std::jthread waiter([&](std::stop_token stop) {
        std::unique_lock guard(lock);
        wake.wait(guard, stop, [] { return false; });
        std::puts(stop.stop_requested() ? "stopped" : "woken");
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    waiter.request_stop();
}

int main() {
    queue();
    futures();
    atomics();
    storage();
    exceptions();
    destructors();
    stopping();
}
