// The FTP servers that Porthole is measured beside: fetched as Debian packages into bench/.peers (they conflict with each
// other when installed), unpacked there, and started with one account, one root and no surprises.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { createCpuClock } from "./measure.mjs";

const here = import.meta.dirname;
const cache = join(here, ".peers");
const unpacked = join(cache, "root");

const PACKAGES = [
  "vsftpd",
  "pure-ftpd",
  "pure-ftpd-common",
  "proftpd-core",
  "python3-pyftpdlib",
  "python3-sendfile",
  "libwrap0",
  "libhiredis0.14",
  "libmemcached11",
  "libmemcachedutil2",
  "libpcre2-posix3",
  "libhashkit2",
];

export const USER = "bench";
export const PASSWORD = "bench";

/** Fetches what is missing; says so, since it takes a while. */
export function installPeers() {
  mkdirSync(unpacked, { recursive: true });
  if (!existsSync(join(unpacked, "usr/sbin/vsftpd"))) {
    console.error("fetching the Debian packages of the peers ...");
    execFileSync("apt-get", ["update", "-q"], { stdio: "ignore" });
    execFileSync("apt-get", ["download", "-q", ...PACKAGES], { cwd: cache, stdio: "ignore" });
    for (const file of readdirSync(cache).filter((name) => name.endsWith(".deb"))) {
      execFileSync("dpkg", ["-x", file, unpacked], { cwd: cache });
    }
  }
  if (!existsSync(join(cache, "node_modules/ftp-srv"))) {
    console.error("fetching ftp-srv ...");
    writeFileSync(join(cache, "package.json"), '{ "private": true }');
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "ftp-srv@4.6.3"], {
      cwd: cache,
      stdio: "ignore",
    });
  }
}

const sbin = (name) => join(unpacked, "usr/sbin", name);
const libraries = join(unpacked, "usr/lib/x86_64-linux-gnu");

/** Each peer: how it is started on `port` for the directory `root`, with its files in `run`. */
export const PEERS = {
  vsftpd({ port, root, run, certificate }) {
    const config = {
      listen: "YES",
      listen_port: port,
      listen_address: "127.0.0.1",
      background: "NO",
      local_enable: "YES",
      write_enable: "YES",
      local_root: root,
      chroot_local_user: "YES",
      allow_writeable_chroot: "YES",
      secure_chroot_dir: run,
      anonymous_enable: "NO",
      max_clients: 0,
      max_per_ip: 0,
      pasv_min_port: 30000,
      pasv_max_port: 40000,
      seccomp_sandbox: "NO",
      ...(certificate === undefined
        ? {}
        : {
            ssl_enable: "YES",
            rsa_cert_file: certificate,
            rsa_private_key_file: certificate,
            require_ssl_reuse: "NO",
            ssl_ciphers: "HIGH",
            force_local_logins_ssl: "NO",
            force_local_data_ssl: "NO",
          }),
    };
    const file = join(run, "vsftpd.conf");
    writeFileSync(
      file,
      Object.entries(config)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
    );
    return { command: sbin("vsftpd"), args: [file] };
  },
  "pure-ftpd"({ port, certificate }) {
    const tls = certificate === undefined ? [] : ["-Y", "1", "-2", certificate];
    return {
      command: sbin("pure-ftpd"),
      args: [
        "-S",
        `127.0.0.1,${port}`,
        "-l",
        "unix",
        "-E",
        "-A",
        "-H",
        "-c",
        "3000",
        "-C",
        "3000",
        "-p",
        "30000:40000",
        "-L",
        "200000:10",
        ...tls,
      ],
    };
  },
  proftpd({ port, root, run }) {
    const passwd = join(run, "proftpd.passwd");
    writeFileSync(passwd, `${USER}:$1$porthole$5bgQTRnpFVyFp2IkjtrrE1:0:0::${root}:/bin/sh\n`, { mode: 0o600 });
    const file = join(run, "proftpd.conf");
    writeFileSync(
      file,
      `ServerType standalone
DefaultServer on
Port ${port}
DefaultAddress 127.0.0.1
UseIPv6 off
UseReverseDNS off
User root
Group root
RootLogin on
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile ${passwd}
DefaultRoot ~
MaxInstances 3000
AllowOverwrite on
PassivePorts 30000 40000
ModulePath ${join(unpacked, "usr/lib/proftpd")}
PidFile ${join(run, "proftpd.pid")}
ScoreboardFile ${join(run, "proftpd.score")}
DelayTable none
WtmpLog off
TransferLog none
SystemLog none
`,
    );
    return { command: sbin("proftpd"), args: ["-n", "-c", file] };
  },
  pyftpdlib({ port, root, run }) {
    const file = join(run, "pyftpdlib-server.py");
    writeFileSync(
      file,
      `import sys
sys.path.insert(0, ${JSON.stringify(join(unpacked, "usr/lib/python3/dist-packages"))})
import warnings; warnings.simplefilter("ignore")
import logging; logging.disable(logging.CRITICAL)
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_user(${JSON.stringify(USER)}, ${JSON.stringify(PASSWORD)}, ${JSON.stringify(root)}, perm="elradfmwMT")
FTPHandler.passive_ports = range(30000, 40000)
server = FTPServer(("127.0.0.1", ${port}), FTPHandler)
server.max_cons = 4000
server.serve_forever()
`,
    );
    return { command: "/usr/bin/python3", args: [file] };
  },
  "ftp-srv"({ port, root, run }) {
    const file = join(run, "ftp-srv-server.cjs");
    writeFileSync(
      file,
      `const { FtpSrv } = require(${JSON.stringify(join(cache, "node_modules/ftp-srv"))});
const quiet = new Proxy({}, { get: (_, name) => (name === "child" ? () => quiet : () => {}) });
const server = new FtpSrv({ url: "ftp://127.0.0.1:${port}", pasv_url: "127.0.0.1", pasv_min: 30000, pasv_max: 40000, log: quiet });
server.on("login", (_, accept) => accept({ root: ${JSON.stringify(root)} }));
server.listen();
`,
    );
    return { command: process.execPath, args: [file] };
  },
  porthole: porthole(),
  "porthole-plain": porthole({ PORTHOLE_ACCELERATOR: "off" }),
};

function porthole(environment = {}) {
  return ({ port, root, run, certificate }) => {
    const passwordFile = join(run, "password");
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    return {
      command: process.execPath,
      args: [
        resolve(here, "../dist/cli/main.js"),
        "serve",
        root,
        "--ftp",
        `127.0.0.1:${port}`,
        "--user",
        USER,
        "--password-file",
        passwordFile,
        "--max-clients",
        "4000",
        "--log-level",
        "warn",
        ...(certificate === undefined ? [] : ["--tls", `${certificate},${certificate}`]),
      ],
      environment,
    };
  };
}

/** Starts a peer and waits until it greets; `stop()` ends its whole process group. */
export async function startPeer(name, options) {
  const { command, args, environment = {} } = PEERS[name](options);
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    env: { ...process.env, LD_LIBRARY_PATH: libraries, ...environment },
  });
  const clock = createCpuClock(child.pid);
  let said = "";
  child.stderr.on("data", (bytes) => {
    said = (said + bytes).slice(-2000);
  });
  const gone = new Promise((end) => child.once("exit", end));
  const deadline = Date.now() + 15_000;
  while (!(await greets(options.port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} did not start: ${said}`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
  return {
    pid: child.pid,
    cpuSeconds: clock.seconds,
    async stop() {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // gone already
      }
      await gone;
      try {
        clock.close();
      } catch {
        // one of its sessions is still ending: an empty group is left
      }
    },
  };
}

function greets(port) {
  return new Promise((answer) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(2000, () => socket.destroy());
    socket.once("data", () => {
      answer(true);
      socket.end("QUIT\r\n");
    });
    socket.once("error", () => answer(false));
    socket.once("close", () => answer(false));
  });
}
