import random

chance = random.Random(7)
numbers = [chance.random() for _ in range(60_000)]
total = 0
for _ in range(4):
    numbers.sort(key=lambda value: value * 7 % 1)
    total += sum(int(value * 1000) for value in numbers)
sieve = bytearray([1]) * 300_000
for n in range(2, 548):
    if sieve[n]:
        sieve[n * n :: n] = bytes(len(range(n * n, 300_000, n)))
print(total, sum(sieve[2:]), len({str(n) for n in range(50_000)}))
