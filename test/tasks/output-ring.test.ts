import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRing, type RingItem, RingReader, RingWriter } from "../../src/tasks/output-ring.ts";

async function readAll(reader: RingReader): Promise<{ bytes: Uint8Array; endCode: number | undefined }> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const item: RingItem | undefined = await reader.read();
    if (item === undefined) return { bytes: Buffer.concat(parts), endCode: undefined };
    if ("endCode" in item) return { bytes: Buffer.concat(parts), endCode: item.endCode };
    parts.push(item.bytes);
  }
}

/** A thread that writes as a busy program does: it blocks, and its event loop does nothing meanwhile. */
function writerThread(ring: SharedArrayBuffer, code: string): Worker {
  const module = new URL("../../dist/tasks/output-ring.js", import.meta.url).href;
  return new Worker(
    `(async () => {
      const { workerData, parentPort } = require("node:worker_threads");
      const { RingWriter } = await import(${JSON.stringify(module)});
      const writer = new RingWriter(workerData);
      ${code}
    })()`,
    { eval: true, workerData: ring },
  );
}

describe("output ring", () => {
  it("gives what was written, in order, however it is cut and however small the ring is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }),
        fc.constantFrom(64, 128, 1_024),
        fc.nat(7),
        async (chunks, capacity, code) => {
          const ring = createRing(capacity);
          const writer = new RingWriter(ring);
          const reader = new RingReader(ring);
          const got: Uint8Array[] = [];
          let held = 0;
          for (const chunk of chunks) {
            if (held + chunk.length > capacity) {
              const item = await reader.read();
              if (item !== undefined && "bytes" in item) got.push(item.bytes);
              held = 0;
            }
            expect(writer.write(chunk)).toBe(true);
            held += chunk.length;
          }
          writer.end(code);
          const rest = await readAll(reader);
          reader.close();
          expect(rest.endCode).toBe(code);
          expect(Buffer.concat([...got, rest.bytes])).toEqual(Buffer.concat(chunks));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("moves megabytes from a thread that blocks, without losing or swapping a byte, across the counters' wrap", async () => {
    const ring = createRing(4_096);
    // Just before 2^32: the counts wrap during the test.
    new Int32Array(ring).fill(-1_000_000, 0, 2);
    const writer = writerThread(
      ring,
      `const { createHash } = require("node:crypto");
       const hash = createHash("sha256");
       let state = 1, bytes = 0;
       while (bytes < 5_000_000) {
         state = (state * 1103515245 + 12345) & 0x7fffffff;
         const chunk = Buffer.alloc(1 + state % 9000, state & 255);
         hash.update(chunk); bytes += chunk.length; writer.write(chunk);
       }
       writer.end(3);
       parentPort.postMessage(hash.digest("hex"));`,
    );
    const hash = new Promise((resolve) => writer.once("message", resolve));
    const reader = new RingReader(ring);
    const { bytes, endCode } = await readAll(reader);
    reader.close();
    expect(endCode).toBe(3);
    expect(bytes.length).toBeGreaterThan(5_000_000);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(await hash);
    await writer.terminate();
  });

  it("frees a writer when the client is gone", async () => {
    const ring = createRing(1_024);
    const writer = writerThread(
      ring,
      `performance.now = () => 0; // so it can't be time that frees it
       parentPort.postMessage("writing");
       const kept = writer.write(new Uint8Array(10_000));
       parentPort.postMessage({ kept, closed: writer.closed });`,
    );
    const messages: unknown[] = [];
    writer.on("message", (message) => messages.push(message));
    const reader = new RingReader(ring);
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    reader.close();
    while (messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(messages[1]).toEqual({ kept: false, closed: true });
    expect(await reader.read()).toBeUndefined();
    await writer.terminate();
  });

  it("drops while it is told to, and then takes bytes again", async () => {
    const ring = createRing(64);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    reader.setDropping(true);
    expect(writer.write(new Uint8Array(1_000))).toBe(false);
    reader.setDropping(false);
    expect(writer.write(Uint8Array.of(1, 2, 3))).toBe(true);
    expect(await reader.read()).toEqual({ bytes: Uint8Array.of(1, 2, 3) });
    reader.close();
  });

  it("frees a writer whose reader's thread has died without a sign", async () => {
    const ring = createRing(64);
    const writer = writerThread(
      ring,
      `const real = performance.now.bind(performance);
       performance.now = () => real() * 20; // a clock that runs fast, so that the test need not wait
       parentPort.postMessage(writer.write(new Uint8Array(100)));`,
    );
    expect(await new Promise((resolve) => writer.once("message", resolve))).toBe(false);
    await writer.terminate();
  });

  it("wakes a reader that sleeps, at once", async () => {
    const ring = createRing(64);
    const reader = new RingReader(ring);
    const reading = reader.read();
    new RingWriter(ring).write(Uint8Array.of(7));
    expect(await reading).toEqual({ bytes: Uint8Array.of(7) });
    const ending = reader.read();
    new RingWriter(ring).end(5);
    expect(await ending).toEqual({ endCode: 5 });
    const closing = new RingReader(createRing(64));
    const never = closing.read();
    closing.close();
    expect(await never).toBeUndefined();
    reader.close();
  });
});
