import queue
import threading

work, done = queue.Queue(), []
lock = threading.Lock()


def take():
    while (item := work.get()) is not None:
        with lock:
            done.append(item * item)


takers = [threading.Thread(target=take) for _ in range(8)]
for taker in takers:
    taker.start()
for item in range(1000):
    work.put(item)
for _ in takers:
    work.put(None)
for taker in takers:
    taker.join()
event = threading.Event()
threading.Timer(0.05, event.set).start()
print(sum(done), len(done), event.wait(20), threading.active_count() >= 1)
