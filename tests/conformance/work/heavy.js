const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
const fs = require("fs"), zlib = require("zlib");
async function main() {
  const shared = new Int32Array(new SharedArrayBuffer(16));
  const workers = [1, 2, 3].map((n) => new Worker(__filename, { workerData: { shared, n } }));
  await Promise.all(workers.map((w) => new Promise((done) => w.on("exit", done))));
  console.log("atomics", shared[0], shared[1]);
  await fs.promises.writeFile("out.txt", "x".repeat(100000));
  const packed = zlib.gzipSync(await fs.promises.readFile("out.txt"));
  console.log("zlib", packed.length, zlib.gunzipSync(packed).length);
  const packets = await Promise.all(Array.from({ length: 8 }, (_, n) =>
    new Promise((done) => zlib.deflate(Buffer.alloc(50000, n), (e, b) => done(b.length)))));
  console.log("pool", packets.join());
  const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
    7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
  const { instance } = await WebAssembly.instantiate(wasm);
  let sum = 0;
  for (let i = 0; i < 200000; i++) sum = instance.exports.add(sum, i);
  console.log("wasm", sum);
  let kept = [];
  for (let i = 0; i < 300; i++) { kept.push(new Array(2000).fill({ i })); if (kept.length > 40) kept = []; }
  console.log("heap", kept.length);
  fs.watch(".", { persistent: false }).close();
  const names = (await fs.promises.readdir(".")).includes("out.txt");
  console.log("readdir", names, fs.statSync("out.txt").size);
  process.on("SIGUSR2", () => { console.log("signal"); process.exitCode = 3; clearInterval(alive); });
  const alive = setInterval(() => {}, 1000);
  process.kill(process.pid, "SIGUSR2");
}
if (isMainThread) main();
else {
  const { shared, n } = workerData;
  for (let i = 0; i < 1000; i++) Atomics.add(shared, 0, n);
  Atomics.add(shared, 1, 1);
  Atomics.notify(shared, 1);
  while (Atomics.load(shared, 1) < 3) Atomics.wait(shared, 1, Atomics.load(shared, 1), 100);
}
