import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const base = mkdtempSync(join(tmpdir(), "porthole-network-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const porthole = new URL("../../dist/index.js", import.meta.url).href;

/** Runs a module text in a process of its own, in a directory of its own. */
function run(code: string, args: readonly string[] = []): { status: number | null; stdout: string; stderr: string } {
  const file = join(base, "program.mjs");
  writeFileSync(
    file,
    `import { createNetwork, network, createMemoryStore } from ${JSON.stringify(porthole)};\n${code}`,
  );
  const result = spawnSync(process.execPath, [...args, file], { encoding: "utf8", timeout: 60_000, cwd: base });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const FTP_TALK = `
  import { connect } from "node:net";
  async function talk(port, ...lines) {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (bytes) => { text += bytes; });
    const reply = async () => { while (!/^\\d{3} .*\\r\\n/m.test(text)) await new Promise((r) => setTimeout(r, 2)); const was = text; text = ""; return was; };
    let last = await reply();
    for (const line of lines) { socket.write(line + "\\r\\n"); last = await reply(); }
    socket.destroy();
    return last.trim();
  }
`;

describe("network", () => {
  it("starts FTP with nothing said: user micro, password python, this machine only, the working directory", () => {
    writeFileSync(join(base, "here.txt"), "12345");
    const { stdout, stderr, status } = run(`${FTP_TALK}
      console.log(network.ftp.start({ port: 0 }), network.ftp.status()[2]);
      const address = network.ftp.status()[4][0];
      console.log(await talk(address.split(":")[1], "USER micro", "PASS python", "SIZE here.txt"));
      console.log(address.split(":")[0], network.ftp.stack() !== -1, network.telnet.stack());
      console.log(network.ftp.stop({ force: true }), network.ftp.status()[2]);`);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual(["true Ready", "213 5", "127.0.0.1 true -1", "true Not started", ""]);
    expect(status).toBe(0);
  });

  it("runs both servers beside each other, ends with the program, and writes nothing anywhere", () => {
    const result = run(`console.log(network.telnet.start({ port: 0 }), network.ftp.start({ port: 0 }),
      network.telnet.status()[1], network.ftp.status()[2]);`);
    expect(result).toEqual({ status: 0, stdout: "true true Listen Ready\n", stderr: "" });
  });

  it("tells events with the service that they are of, and serves the files that it was made with", () => {
    const { stdout } = run(`${FTP_TALK}
      const seen = new Set();
      const own = createNetwork({ files: () => ({ "/flash": ${JSON.stringify(base)}, "/sd": createMemoryStore() }),
        onEvent: (event) => seen.add(event.service + " " + event.type) });
      own.telnet.start({ port: 0 });
      own.ftp.start({ port: 0 });
      console.log(await talk(own.ftp.status()[4][0].split(":")[1], "USER micro", "PASS python", "CWD /sd", "PWD"));
      while (!seen.has("ftp left")) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log([...seen].sort().join());`);
    expect(stdout).toContain('257 "/sd"');
    expect(stdout).toContain("ftp connected,ftp left,ftp listening,ftp logged-in,telnet listening");
  });

  it("works in a program that itself runs in a worker thread", () => {
    const { stdout, stderr } = run(`
      import { Worker, isMainThread } from "node:worker_threads";
      if (isMainThread) new Worker(new URL(${JSON.stringify(pathToFileURL(join(base, "program.mjs")).href)}));
      else console.log(network.ftp.start({ port: 0 }), network.telnet.start({ port: 0 }), network.telnet.stop());`);
    expect(stderr).toBe("");
    expect(stdout).toBe("true true true\n");
  });
});
