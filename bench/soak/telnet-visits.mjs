// A user at the prompt of the Node program, with each Telnet client.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Telnet } from "telnet-client";
import { run, terminal } from "./children.mjs";

const HOST = "127.0.0.1";
const USER = "micro";
const PASSWORD = "python";

const ENDLESS = [
  "for (;;) {}",
  "await new Promise(() => {})",
  "for (let i = 0; ; i++) if (i % 2e6 === 0) console.log('tick', i)",
  "for (;;) { try { for (;;) throw 1 } catch {} }",
];

/** Asks the prompt for something that only it knows. */
async function alive(term, number) {
  term.type(`"ali" + "ve" + kept + "-" + ${number}\r`);
  await term.until(new RegExp(`'alive41-${number}'`));
}

/**
 * A visit on a terminal.
 *
 * @param leave - How it ends: the keys of the client's own way out, or a function.
 */
async function onTerminal({ command, args, leave }, { tally, chance, number, kick }) {
  const term = terminal(command, args);
  try {
    await term.until(/Login as:/);
    term.type(`${USER}\r`);
    await term.until(/Password:/);
    term.type(`${PASSWORD}\r`);
    await term.until(/for more information/);
    await alive(term, number);
    for (let time = 0; time < 2; time++) {
      term.type(`console.log("ru" + "ns${time}"); ${chance.pick(ENDLESS)}\r`);
      await term.until(new RegExp(`runs${time}`));
      await sleep(chance.between(50, 400));
      const at = performance.now();
      term.type("\x03");
      await term.until(/KeyboardInterrupt/);
      tally.time("program: Ctrl-C to KeyboardInterrupt", performance.now() - at);
      await alive(term, `${number}.${time + 1}`);
    }
    // What a visit makes is gone after it: memory stays.
    term.type(`held = Array.from({ length: 20000 }, (_, n) => "x" + n); held.length + ${number}\r`);
    await term.until(new RegExp(String(20_000 + number)));
    const way = number % 4;
    if (way === 0) {
      tally.count("program: prompt cut off without a goodbye");
      term.kill();
    } else if (way === 1 && (await kick())) {
      await term.until(/Telnet|closed|terminated|refused|Connection/i);
      tally.count("program: prompt kicked");
    } else if (leave !== undefined) {
      await leave(term);
      await Promise.race([term.exited, sleep(10_000)]);
    }
  } finally {
    term.kill();
  }
}

const quit = (prompt) => async (term) => {
  term.type("\x1d");
  await term.until(new RegExp(`${prompt}> `));
  await sleep(100); // its terminal is switched to lines after the prompt
  term.type("quit\r");
};

/** A visit through pipes. */
async function throughPipe(command, args, { number, milliseconds = 20_000 }) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => {});
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += bytes;
  });
  const ended = new Promise((done) => child.on("close", done));
  const until = async (pattern) => {
    for (let waited = 0; !pattern.test(text); waited += 20) {
      if (waited > milliseconds || child.exitCode !== null) {
        throw new Error(`${command} never showed ${pattern}, but ${JSON.stringify(text.slice(-300))}`);
      }
      await sleep(20);
    }
  };
  try {
    await until(/Login as:/);
    child.stdin.write(`${USER}\n`);
    await until(/Password:/);
    child.stdin.write(`${PASSWORD}\n`);
    await until(/for more information/);
    child.stdin.write(`"ali" + "ve" + kept + "-" + ${number}\n`);
    await until(new RegExp(`'alive41-${number}'`));
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

export const TELNET_CLIENTS = {
  "inetutils telnet": {
    needs: "inetutils-telnet",
    visit: (visit, port) =>
      onTerminal({ command: "inetutils-telnet", args: [HOST, String(port)], leave: quit("inetutils-telnet") }, visit),
  },
  plink: {
    needs: "plink",
    visit: (visit, port) => onTerminal({ command: "plink", args: ["-telnet", "-P", String(port), HOST] }, visit),
  },
  nc: {
    needs: "nc",
    async visit({ number }, port) {
      const output = await run("nc", ["-N", HOST, String(port)], {
        input: `${USER}\n${PASSWORD}\n"ali" + "ve" + kept + "-" + ${number}\n`,
      });
      if (!output.includes(`'alive41-${number}'`)) throw new Error(`nc showed ${JSON.stringify(output.slice(-300))}`);
    },
  },
  "telnet-client": {
    async visit({ number }, port) {
      const client = new Telnet();
      client.on("error", () => {});
      try {
        await client.connect({
          host: HOST,
          port,
          loginPrompt: /Login as: $/,
          passwordPrompt: /Password: $/,
          shellPrompt: /> (?:\x1b\[\d*G)?$/,
          username: USER,
          password: PASSWORD,
          timeout: 15_000,
        });
        const answer = await client.exec(`"ali" + "ve" + kept + "-" + ${number}`);
        if (!answer.includes(`alive41-${number}`)) throw new Error(`the answer was ${JSON.stringify(answer)}`);
        await client.end();
      } finally {
        await client.destroy();
      }
    },
  },
};

export const TELNETS_CLIENTS = {
  "telnet-ssl": {
    needs: "telnet-ssl",
    visit: (visit, port) =>
      onTerminal(
        {
          command: "telnet-ssl",
          args: ["-z", "ssl", "-z", "verify=0", HOST, String(port)],
          leave: quit("telnet-ssl"),
        },
        visit,
      ),
  },
  "openssl s_client": {
    needs: "openssl",
    visit: (visit, port) => throughPipe("openssl", ["s_client", "-quiet", "-connect", `${HOST}:${port}`], visit),
  },
};
