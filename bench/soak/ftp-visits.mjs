// One file up and down again with each FTP client; gives how many bytes went over the network.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "basic-ftp";
import { run } from "./children.mjs";

const HOST = "127.0.0.1";
const hash = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Wants what came back to be what was sent. */
function compare({ sent, got, name }) {
  if (!existsSync(got)) throw new Error(`${name} did not come back`);
  if (hash(sent) !== hash(got)) throw new Error(`${name} came back different`);
}

const lines = (...words) => `${words.join("\n")}\n`;

async function curl(job, { port, user, password, folder }, flags) {
  const { sent, got, name, size } = job;
  const url = `ftp://${HOST}:${port}${folder}/${name}`;
  const account = ["-sS", ...flags, "-u", `${user}:${password}`];
  await run("curl", [...account, "-T", sent, url]);
  await run("curl", [...account, "-o", got, url]);
  if (size > 0) compare(job);
  await run("curl", [...account, "-o", "/dev/null", "-Q", `-DELE ${folder}/${name}`, url]);
  return 3 * size;
}

async function lftp(job, { port, user, password, folder }, settings) {
  const { sent, got, name, size } = job;
  await run("lftp", [
    "-c",
    `set cmd:fail-exit true; set net:max-retries 1; set net:timeout 20; set ssl:verify-certificate no; ${settings} ` +
      `open -u ${user},${password} ${HOST}:${port}; cd "${folder || "/"}"; put ${sent} -o ${name}; cls -l; ` +
      `get ${name} -o ${got}; rm ${name}; bye`,
  ]);
  compare(job);
  return 2 * size;
}

async function basicFtp(job, { port, user, password, folder }, secure) {
  const { sent, got, name, size } = job;
  const client = new Client(30_000);
  try {
    const tls = secure ? { secure: true, secureOptions: { rejectUnauthorized: false } } : {};
    await client.access({ host: HOST, port, user, password, ...tls });
    for (let time = 0; time < 2; time++) {
      await client.uploadFrom(sent, `${folder}/${name}`);
      const entry = (await client.list(folder || "/")).find((one) => one.name === name);
      if (entry?.size !== size) throw new Error(`${name} has ${entry?.size} bytes in the listing, not ${size}`);
      await client.downloadTo(got, `${folder}/${name}`);
      compare(job);
    }
    await client.rename(`${folder}/${name}`, `${folder}/${name}.moved`);
    await client.remove(`${folder}/${name}.moved`);
  } finally {
    client.close();
  }
  return 4 * size;
}

/** Each client: the program it needs, and what it does. */
export const FTP_CLIENTS = {
  curl: { needs: "curl", visit: (job, server) => curl(job, server, []) },
  lftp: { needs: "lftp", visit: (job, server) => lftp(job, server, "set ftp:ssl-allow no;") },
  "basic-ftp": { visit: (job, server) => basicFtp(job, server, false) },
  tnftp: {
    needs: "tnftp",
    async visit(job, { port, user, password, folder }) {
      const { sent, got, name, size } = job;
      const told = await run("tnftp", ["-n", "-i", "-v"], {
        input: lines(
          `open ${HOST} ${port}`,
          `user ${user} ${password}`,
          "binary",
          `cd ${folder || "/"}`,
          `put ${sent} ${name}`,
          `get ${name} ${got}`,
          `delete ${name}`,
          "bye",
        ),
        code: () => true,
      });
      if (!existsSync(got)) throw new Error(`nothing came back: ${told.slice(-300)}`);
      compare(job);
      return 2 * size;
    },
  },
  ncftp: {
    needs: "ncftpput",
    async visit(job, { port, user, password, folder }) {
      const { sent, got, name, size } = job;
      const account = ["-u", user, "-p", password, "-P", String(port), "-r", "1"];
      await run("ncftpput", [...account, "-C", HOST, sent, `${folder}/${name}`]);
      await run("ncftpget", [...account, "-DD", "-C", HOST, `${folder}/${name}`, got]);
      compare(job);
      return 2 * size;
    },
  },
  wget: {
    needs: "wget",
    async visit(job, { port, user, password, folder }) {
      const { sent, got, name, size } = job;
      const url = `ftp://${HOST}:${port}${folder}/${name}`;
      // wget can't send: curl does that.
      await run("curl", ["-sS", "-u", `${user}:${password}`, "-T", sent, url]);
      await run("wget", ["-q", "-t", "1", "-T", "30", `--user=${user}`, `--password=${password}`, "-O", got, url]);
      compare(job);
      await run("curl", ["-sS", "-u", `${user}:${password}`, "-o", "/dev/null", "-Q", `-DELE ${folder}/${name}`, url]);
      return 3 * size;
    },
  },
};

/** The same with TLS. */
export const FTPS_CLIENTS = {
  "curl --ssl-reqd": { needs: "curl", visit: (job, server) => curl(job, server, ["-k", "--ssl-reqd"]) },
  "lftp with TLS": {
    needs: "lftp",
    visit: (job, server) => lftp(job, server, "set ftp:ssl-force yes; set ftp:ssl-protect-data yes;"),
  },
  "basic-ftp with TLS": { visit: (job, server) => basicFtp(job, server, true) },
};

/** A control connection by hand, for what no good client does. */
async function rawControl(port) {
  const socket = connect({ port, host: HOST });
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  const reply = async (code) => {
    for (let waited = 0; waited < 20_000; waited += 10) {
      const match = new RegExp(`^${code} .*\r\n`, "m").exec(text);
      if (match !== null) {
        text = text.slice(match.index + match[0].length);
        return match[0];
      }
      if (socket.destroyed) break;
      await sleep(10);
    }
    throw new Error(`no ${code}, but ${JSON.stringify(text.slice(-200))}`);
  };
  const ask = (line, code) => {
    socket.write(`${line}\r\n`);
    return reply(code);
  };
  await reply(220);
  return { socket, ask, reply };
}

async function loggedIn({ port, user, password }) {
  const control = await rawControl(port);
  await control.ask(`USER ${user}`, 331);
  await control.ask(`PASS ${password}`, 230);
  await control.ask("TYPE I", 200);
  return control;
}

async function passive(control) {
  const [, port] = /\(\|\|\|(\d+)\|\)/.exec(await control.ask("EPSV", 229));
  const data = connect({ port: Number(port), host: HOST });
  data.on("error", () => {});
  return data;
}

/** RST at once: `resetAndDestroy()` would send FIN first, the right end of an upload. */
function reset(socket) {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** Clients that do not behave; afterwards nothing of theirs may be left. */
export const BROKEN_CLIENTS = {
  "an upload reset in the middle": async (server, { name }) => {
    const control = await loggedIn(server);
    try {
      const data = await passive(control);
      await control.ask(`STOR ${server.folder}/${name}`, 150);
      data.write(Buffer.alloc(200_000, name));
      await sleep(50);
      reset(data);
      await control.reply(426);
      await control.ask(`SIZE ${server.folder}/${name}`, 550);
    } finally {
      control.socket.destroy();
    }
  },
  "a control connection reset in an upload": async (server, { name }) => {
    const control = await loggedIn(server);
    const data = await passive(control);
    await control.ask(`STOR ${server.folder}/${name}`, 150);
    data.write(Buffer.alloc(70_000, name));
    await sleep(50);
    reset(control.socket);
    await sleep(50); // two connections keep no order between them
    data.destroy();
    await sleep(300);
    const again = await loggedIn(server);
    try {
      await again.ask(`SIZE ${server.folder}/${name}`, 550);
    } finally {
      again.socket.destroy();
    }
  },
  "a client that says nothing": async ({ port }) => {
    const control = await rawControl(port);
    await sleep(2_000);
    control.socket.destroy();
  },
  "a passive port that nobody uses": async (server) => {
    const control = await loggedIn(server);
    await control.ask("EPSV", 229);
    control.socket.write(`RETR ${server.folder}/none\r\nEPSV\r\n`);
    await sleep(200);
    control.socket.end();
    await sleep(200);
    control.socket.destroy();
  },
  "a wrong password": async ({ port, user }) => {
    // From another address, which is locked out after some: nobody else is.
    await run(
      "curl",
      ["-sS", "--interface", "127.0.0.9", "-m", "20", "-u", `${user}:wrong`, `ftp://${HOST}:${port}/`],
      {
        code: (code) => code !== 0,
      },
    );
  },
};

/** What a visit leaves at the client's side. */
export const forget = ({ sent, got }) => {
  rmSync(sent, { force: true });
  rmSync(got, { force: true });
};
