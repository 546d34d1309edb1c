const { createHash } = require("crypto");
const { Worker, isMainThread, parentPort } = require("worker_threads");
if (isMainThread) {
  let n = 0;
  for (let i = 0; i < 3e6; i++) n = (n * 31 + i) % 1000003;
  console.log(n, createHash("sha256").update("x").digest("hex"));
  const worker = new Worker(__filename);
  worker.on("message", (m) => {
    console.log("worker", m);
    setTimeout(() => console.log("timer"), 5);
  });
} else {
  parentPort.postMessage([1, 2, 3].map((x) => x * 2));
}
