import asyncio


async def worker(name, source, results):
    while (item := await source.get()) is not None:
        await asyncio.sleep(0.001 * (item % 3))
        results.append((item, name is not None))


async def main():
    source, results = asyncio.Queue(), []
    workers = [asyncio.create_task(worker(n, source, results)) for n in range(4)]
    for item in range(40):
        await source.put(item)
    for _ in workers:
        await source.put(None)
    await asyncio.gather(*workers)
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except TimeoutError:
        print("timeout")
    print(sorted(results)[:5], len(results))
    print(await asyncio.to_thread(sum, range(1000)))


asyncio.run(main())
