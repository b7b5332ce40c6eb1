// Running the measuring client, and weighing a server's process tree.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const script = join(import.meta.dirname, "client.py");

/** The middle of some figures; of an even number, between the two in the middle. */
export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Every process of a tree, with the fields of its stat. */
function tree(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const parent = Number(fields[1]);
      children.set(parent, [...(children.get(parent) ?? []), { pid: Number(name), fields }]);
      if (Number(name) === pid) children.set(-1, [{ pid, fields }]);
    } catch {
      // it ended meanwhile
    }
  }
  const all = [...(children.get(-1) ?? [])];
  for (const entry of all) all.push(...(children.get(entry.pid) ?? []));
  return all;
}

/** CPU seconds of the tree, its reaped children included. */
function treeSeconds(pid) {
  let ticks = 0;
  for (const { fields } of tree(pid)) ticks += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return ticks / 100;
}

/**
 * Counts the CPU seconds of a process and of all that it starts, from now on: by a control group, where one can be made,
 * since of a server's sessions those that ended without anybody waiting for them are in no tree.
 */
export function createCpuClock(pid) {
  const directory = join(controlGroups() ?? "/nowhere", `porthole-bench-${pid}`);
  try {
    mkdirSync(directory);
  } catch {
    return { seconds: () => treeSeconds(pid), close() {} };
  }
  writeFileSync(join(directory, "cgroup.procs"), String(pid));
  return {
    seconds: () => Number(/^usage_usec (\d+)/m.exec(readFileSync(join(directory, "cpu.stat"), "utf8"))?.[1]) / 1e6,
    close() {
      rmdirSync(directory);
    },
  };
}

/** Where control groups of version 2 are mounted. */
function controlGroups() {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  return mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2")?.[1];
}

/** Proportional set size of the tree, MiB. */
function memory(pid) {
  let kib = 0;
  for (const { pid: one } of tree(pid)) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // it ended meanwhile
    }
  }
  return kib / 1024;
}

/**
 * Runs one measure to its end; rejects with the last line of what the client said.
 *
 * @param begins - Called when the server is warm, just before what is counted.
 */
export async function client(port, root, args, begins = () => {}) {
  const child = spawn("/usr/bin/python3", [script, String(port), args[0], root, ...args.slice(1)], {
    timeout: 180_000,
  });
  let said = "";
  let answer = "";
  child.stderr.on("data", (bytes) => {
    said += bytes;
  });
  child.stdout.on("data", (bytes) => {
    answer += bytes;
    if (answer !== "warm\n") return;
    answer = "";
    begins();
    child.stdin.end("go\n");
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error((said || "timed out").trim().split("\n").at(-1));
  return JSON.parse(answer);
}

/** Memory of the tree while the client holds its sessions and asks for nothing, after so long, MiB. */
export async function idleMemory(port, root, pid, args, waitMs = 10_000) {
  const child = spawn("/usr/bin/python3", [script, String(port), args[0], root, ...args.slice(1)]);
  let failure = "";
  child.stderr.on("data", (bytes) => {
    failure = String(bytes).trim().split("\n").at(-1);
  });
  const ready = await new Promise((answer) => {
    child.stdout.once("data", () => answer(true));
    child.once("exit", () => answer(false));
  });
  if (!ready) throw new Error(failure);
  await new Promise((wait) => setTimeout(wait, waitMs));
  const weight = memory(pid);
  child.stdin.end();
  await new Promise((end) => child.once("exit", end));
  return weight;
}
