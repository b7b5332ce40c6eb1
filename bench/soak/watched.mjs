// What a process holds, from /proc and from the probe in it.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export function watchProcess(name, pid, probeFile, begun) {
  const samples = [];
  const heaps = [];
  const watched = {
    name,
    pid,
    samples,
    heaps,
    sample() {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
      samples.push({
        seconds: Math.round((Date.now() - begun) / 1000),
        residentMB: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
        threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
        cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
      });
      return samples.at(-1);
    },
    /** What each thread holds after its garbage was collected; undefined when the process is too busy to say. */
    async probe() {
      const linesSoFar = probeLines(probeFile).length;
      process.kill(pid, "SIGUSR2");
      for (let waited = 0; waited < 15_000; waited += 100) {
        await sleep(100);
        const line = probeLines(probeFile)[linesSoFar];
        if (line === undefined) continue;
        const threads = JSON.parse(line);
        if (!Array.isArray(threads)) return undefined;
        const sum = (field) => threads.reduce((all, thread) => all + thread[field], 0) / 1_048_576;
        heaps.push({
          seconds: Math.round((Date.now() - begun) / 1000),
          heapMB: sum("heapUsed"),
          externalMB: sum("external"),
          threads,
        });
        return heaps.at(-1);
      }
      return undefined;
    },
    kindsOfDescriptors() {
      const kinds = {};
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        try {
          const kind = readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:?\[.*|\/.*\//, "");
          kinds[kind] = (kinds[kind] ?? 0) + 1;
        } catch {
          // Closed meanwhile.
        }
      }
      return kinds;
    },
  };
  return watched;
}

function probeLines(file) {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

/** Megabytes an hour by which `field` grew since `fromSeconds`: the slope of the straight line nearest to the samples. */
export function slopeAnHour(samples, field, fromSeconds) {
  const late = samples.filter(({ seconds }) => seconds >= fromSeconds);
  if (late.length < 3) return undefined;
  const mean = (of) => late.reduce((sum, one) => sum + of(one), 0) / late.length;
  const middle = mean(({ seconds }) => seconds);
  const level = mean((one) => one[field]);
  let up = 0;
  let across = 0;
  for (const one of late) {
    up += (one.seconds - middle) * (one[field] - level);
    across += (one.seconds - middle) ** 2;
  }
  return across === 0 ? undefined : (up / across) * 3600;
}
