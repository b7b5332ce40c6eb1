import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "basic-ftp";
import { describe, expect, it, vi } from "vitest";
import { clientIt } from "./clients.ts";
import { makeTree, ODD_NAMES, openSite, PATTERN_NAMES, pseudoRandom, sha256Of, snapshot } from "./ftp-site.ts";

const MINUTE = 60_000;

vi.setConfig({ testTimeout: MINUTE });

describe("curl", () => {
  clientIt("carries every odd name both ways, and tells missing ones", "curl", async (curl) => {
    await using site = await openSite();
    makeTree(join(site.local, "tree"));
    for (const name of [...ODD_NAMES, ...PATTERN_NAMES, "empty", "lines"]) {
      const url = `${site.url}/new/${encodeURIComponent(name)}`;
      await site.run(curl, ["-sS", "-g", "--ftp-create-dirs", "-T", join("tree", name).replaceAll("\\", "\\"), url]);
      expect(readFileSync(join(site.root, "new", name))).toEqual(readFileSync(join(site.local, "tree", name)));
      await site.run(curl, ["-sS", "-g", "-o", "back", url]);
      expect(readFileSync(join(site.local, "back"))).toEqual(readFileSync(join(site.root, "new", name)));
    }
    expect((await site.run(curl, ["-sS", `${site.url}/missing`], { fails: true })).code).toBe(78);
    expect((await site.run(curl, ["-sS", `${site.url}/missing/`], { fails: true })).code).toBe(9);
  });

  clientIt("resumes downloads and uploads, takes ranges, keeps times", "curl", async (curl) => {
    await using site = await openSite();
    makeTree(site.root);
    const content = readFileSync(join(site.root, "binary.bin"));
    writeFileSync(join(site.local, "part"), content.subarray(0, 1_234_567));
    await site.run(curl, ["-sS", "-C", "-", "-o", "part", `${site.url}/binary.bin`]);
    expect(readFileSync(join(site.local, "part")).equals(content)).toBe(true);
    writeFileSync(join(site.root, "up"), content.subarray(0, 654_321));
    await site.run(curl, ["-sS", "-C", "-", "-T", "part", `${site.url}/up`]);
    expect(readFileSync(join(site.root, "up")).equals(content)).toBe(true);
    // Two ranges and a file in one session: the server goes on after each early end.
    const args = ["-sS", "-r", "100-199", `${site.url}/binary.bin`, "-o", "a", `${site.url}/binary.bin`, "-o", "b"];
    await site.run(curl, args);
    expect(readFileSync(join(site.local, "a")).equals(content.subarray(100, 200))).toBe(true);
    expect(readFileSync(join(site.local, "b")).equals(content.subarray(100, 200))).toBe(true);
    await site.run(curl, ["-sS", "-R", "-o", "timed", `${site.url}/lines`]);
    expect(statSync(join(site.local, "timed")).mtimeMs).toBe(statSync(join(site.root, "lines")).mtimeMs);
  });

  clientIt(
    "makes, renames and deletes; lists; reads with TYPE A and over an active connection",
    "curl",
    async (curl) => {
      await using site = await openSite({ active: true });
      const quote = (...commands: string[]) =>
        site.run(curl, ["-sS", "-o", "list", ...commands.flatMap((command) => ["-Q", command]), `${site.url}/`]);
      await quote("MKD one dir", "MKD two");
      writeFileSync(join(site.root, "one dir", "file"), "a\nb\n");
      await quote("RNFR one dir/file", "RNTO two/moved file");
      expect(readdirSync(join(site.root, "two"))).toEqual(["moved file"]);
      await site.run(curl, ["-sS", "-P", "-", "--use-ascii", "-o", "text", `${site.url}/two/moved%20file`]);
      expect(readFileSync(join(site.local, "text"), "latin1")).toBe("a\nb\n"); // curl takes the CRs out again
      await quote("DELE two/moved file", "RMD two");
      expect(readFileSync(join(site.local, "list"), "utf8")).toMatch(/^d.* one dir\r?\n$/);
    },
  );

  clientIt(
    "carries 200 MB both ways",
    "curl",
    async (curl) => {
      await using site = await openSite();
      const piece = pseudoRandom(1_000_003);
      writeFileSync(join(site.local, "big"), Buffer.concat(Array.from({ length: 200 }, () => piece)));
      const wanted = await sha256Of(join(site.local, "big"));
      await site.run(curl, ["-sS", "-T", "big", `${site.url}/big`]);
      expect(await sha256Of(join(site.root, "big"))).toBe(wanted);
      await site.run(curl, ["-sS", "-o", "back", `${site.url}/big`]);
      expect(await sha256Of(join(site.local, "back"))).toBe(wanted);
    },
    2 * MINUTE,
  );
});

describe("lftp", () => {
  const script = (port: number, commands: string) =>
    `set cmd:fail-exit true; set net:max-retries 2; set net:timeout 20; open -u micro,python 127.0.0.1:${port}; ${commands}; bye`;

  clientIt(
    "mirrors a tree up and down again, times included",
    "lftp",
    async (lftp) => {
      await using site = await openSite();
      makeTree(join(site.local, "tree"));
      const wanted = await snapshot(join(site.local, "tree"), 1);
      await site.run(lftp, ["-c", script(site.ftp.port, "mirror -R --parallel=3 tree up")]);
      expect(await snapshot(join(site.root, "up"), 1)).toEqual(wanted);
      await site.run(lftp, ["-c", script(site.ftp.port, "mirror --parallel=3 up down")]);
      expect(await snapshot(join(site.local, "down"), 1)).toEqual(wanted);
      // Nothing is to be done the second time: sizes and times are told as they are.
      const again = await site.run(lftp, ["-c", script(site.ftp.port, "mirror -R -v tree up; mirror -v up down")]);
      expect(again.out).not.toContain("Transferring");
    },
    2 * MINUTE,
  );

  clientIt("fetches in segments at once, and resumes both ways", "lftp", async (lftp) => {
    await using site = await openSite();
    makeTree(site.root);
    const content = readFileSync(join(site.root, "binary.bin"));
    await site.run(lftp, [
      "-c",
      script(site.ftp.port, "set pget:min-chunk-size 100k; pget -n 5 binary.bin -o segments"),
    ]);
    expect(readFileSync(join(site.local, "segments")).equals(content)).toBe(true);
    writeFileSync(join(site.local, "binary.bin"), content.subarray(0, 1_000_000));
    await site.run(lftp, ["-c", script(site.ftp.port, "get -c binary.bin")]);
    expect(readFileSync(join(site.local, "binary.bin")).equals(content)).toBe(true);
    truncateSync(join(site.root, "binary.bin"), 2_000_000);
    await site.run(lftp, ["-c", script(site.ftp.port, "put -c binary.bin")]);
    expect(readFileSync(join(site.root, "binary.bin")).equals(content)).toBe(true);
  });

  clientIt(
    "makes, renames, deletes, and lists 3,000 entries",
    "lftp",
    async (lftp) => {
      await using site = await openSite();
      mkdirSync(join(site.root, "many"));
      for (let i = 0; i < 3_000; i++) writeFileSync(join(site.root, "many", `entry ${i}`), "");
      const ran = await site.run(lftp, [
        "-c",
        script(site.ftp.port, "cls -1 many; mkdir -p a/b/c; mv a/b a/d; rm -r many"),
      ]);
      expect(ran.out.trim().split("\n")).toHaveLength(3_000);
      expect(await snapshot(site.root)).toEqual({ a: "directory", "a/d": "directory", "a/d/c": "directory" });
    },
    MINUTE,
  );
});

/** tnftp and inetutils-ftp are told the same. */
describe.each([
  ["tnftp", ["-n", "-i", "-v"]],
  ["inetutils-ftp", ["-n", "-i", "-v", "-p"]],
] as const)("%s", (name, flags) => {
  clientIt("puts, gets, resumes, renames, makes, lists and deletes", name, async (program) => {
    await using site = await openSite();
    makeTree(join(site.local, "tree"), ["with space.txt", "ümlaut ☃ 日本.txt", "semi;colon", "it's"]);
    const content = readFileSync(join(site.local, "tree", "binary.bin"));
    writeFileSync(join(site.local, "part"), content.subarray(0, 1_234_567));
    const input = [
      `open 127.0.0.1 ${site.ftp.port}`,
      "user micro python",
      "binary",
      "mkdir up",
      "cd up",
      "lcd tree",
      'put "with space.txt"',
      'put "ümlaut ☃ 日本.txt"',
      "put empty",
      "put lines",
      "put binary.bin",
      "lcd ..",
      "reget binary.bin part",
      'get "with space.txt" back',
      "rename empty renamed",
      "ls",
      "nlist",
      "size binary.bin",
      "modtime binary.bin",
      "delete lines",
      "cdup",
      "mkdir gone",
      "rmdir gone",
      "pwd",
      "bye",
      "",
    ].join("\n");
    const { out } = await site.run(program, flags, { input });
    const served = await snapshot(join(site.root, "up"));
    expect(Object.keys(served).sort(), out).toEqual(["binary.bin", "renamed", "with space.txt", "ümlaut ☃ 日本.txt"]);
    expect(served["binary.bin"]).toBe(await sha256Of(join(site.local, "tree", "binary.bin")));
    expect(readFileSync(join(site.local, "part")).equals(content), out).toBe(true);
    expect(readFileSync(join(site.local, "back"), "utf8")).toBe("content of with space.txt");
    expect(readdirSync(site.root)).toEqual(["up"]);
  });

  clientIt("fetches many by pattern, and text as text", name, async (program) => {
    await using site = await openSite();
    for (let i = 0; i < 30; i++) writeFileSync(join(site.root, `picture ${i}.jpg`), `picture ${i}`);
    writeFileSync(join(site.root, "notes.txt"), "one\ntwo\n");
    const input = [
      `open 127.0.0.1 ${site.ftp.port}`,
      "user micro python",
      "binary",
      "mget *.jpg",
      "ascii",
      "get notes.txt",
      "bye",
      "",
    ].join("\n");
    const { out } = await site.run(program, flags, { input });
    expect(
      readdirSync(site.local).filter((file) => file.endsWith(".jpg")),
      out,
    ).toHaveLength(30);
    expect(readFileSync(join(site.local, "picture 29.jpg"), "utf8")).toBe("picture 29");
    expect(readFileSync(join(site.local, "notes.txt"), "utf8")).toBe("one\ntwo\n");
  });
});

describe("ncftp", () => {
  clientIt(
    "puts and gets a tree",
    ["ncftpput"],
    async (put) => {
      await using site = await openSite();
      makeTree(
        join(site.local, "tree"),
        ODD_NAMES.filter((name) => name.length < 200), // ncftp gives up on longer ones itself
      );
      const wanted = await snapshot(join(site.local, "tree"));
      const account = ["-u", "micro", "-p", "python", "-P", String(site.ftp.port)];
      await site.run(put, [...account, "-R", "127.0.0.1", "/", "tree"]);
      expect(await snapshot(join(site.root, "tree"))).toEqual(wanted);
      mkdirSync(join(site.local, "back"));
      const get = put.replace(/ncftpput$/, "ncftpget");
      await site.run(get, [...account, "-R", "127.0.0.1", "back", "/tree"]);
      expect(await snapshot(join(site.local, "back", "tree"))).toEqual(wanted);
      const list = await site.run(put.replace(/ncftpput$/, "ncftpls"), [...account, "-1", "ftp://127.0.0.1/tree/"]);
      expect(list.out).toContain("ümlaut ☃ 日本.txt");
    },
    MINUTE,
  );
});

describe("wget", () => {
  clientIt(
    "fetches a tree with its times, and resumes",
    "wget",
    async (wget) => {
      await using site = await openSite();
      // wget lists as a program that knows only LIST, and makes its own names of some characters.
      makeTree(site.root, ["with space.txt", "-dash", "plus+and&more", "semi;colon", "a#b"]);
      const day = 24 * 3_600; // of an old file LIST tells no more
      const wanted = await snapshot(site.root, day);
      const { out } = await site.run(wget, [
        "-nv",
        "-r",
        "-l",
        "inf",
        "-nH",
        "-P",
        "down",
        "--no-parent",
        `${site.url}/`,
      ]);
      const found = await snapshot(join(site.local, "down"), day);
      delete wanted["empty directory"];
      delete found["empty directory"];
      expect(found, out).toEqual(wanted);
      const content = readFileSync(join(site.root, "binary.bin"));
      writeFileSync(join(site.local, "binary.bin"), content.subarray(0, 1_000_000));
      await site.run(wget, ["-nv", "-c", `${site.url}/binary.bin`]);
      expect(readFileSync(join(site.local, "binary.bin")).equals(content)).toBe(true);
    },
    MINUTE,
  );
});

describe("rclone", () => {
  clientIt(
    "copies a tree up and down with its times, checks it, and syncs",
    "rclone",
    async (rclone) => {
      await using site = await openSite();
      makeTree(
        join(site.local, "tree"),
        [...ODD_NAMES, ...PATTERN_NAMES].filter((name) => name.length < 200),
      );
      const wanted = await snapshot(join(site.local, "tree"), 1);
      const password = (await site.run(rclone, ["obscure", "python"])).out.trim();
      const remote = (path: string) => `:ftp,host=127.0.0.1,port=${site.ftp.port},user=micro,pass=${password}:${path}`;
      const args = ["--create-empty-src-dirs", "--retries", "1"];
      await site.run(rclone, ["copy", ...args, "tree", remote("up")]);
      expect(await snapshot(join(site.root, "up"), 1)).toEqual(wanted);
      await site.run(rclone, ["copy", ...args, remote("up"), "down"]);
      expect(await snapshot(join(site.local, "down"), 1)).toEqual(wanted);
      await site.run(rclone, ["check", "tree", remote("up")]);
      mkdirSync(join(site.local, "none"));
      await site.run(rclone, ["sync", "--retries", "1", "none", remote("up")]);
      expect((await snapshot(site.root))["up/empty"]).toBeUndefined();
      await site.run(rclone, ["lsf", remote("missing")], { fails: true });
    },
    MINUTE,
  );
});

describe("Python's ftplib", () => {
  clientIt("does all that its module offers", "python3", async (python) => {
    await using site = await openSite();
    makeTree(join(site.local, "tree"));
    writeFileSync(
      join(site.local, "talk.py"),
      `
import ftplib, io, os, sys
ftp = ftplib.FTP()
ftp.connect("127.0.0.1", ${site.ftp.port}, timeout=20)
ftp.login("micro", "python")
names = sorted(n for n in os.listdir("tree") if os.path.isfile(os.path.join("tree", n)))
for name in names:
    with open(os.path.join("tree", name), "rb") as f:
        ftp.storbinary("STOR " + name, f)
assert ftp.nlst() == names, ftp.nlst()
facts = dict(ftp.mlsd())
for name in names:
    back = io.BytesIO()
    ftp.retrbinary("RETR " + name, back.write)
    want = open(os.path.join("tree", name), "rb").read()
    assert back.getvalue() == want, name
    assert int(facts[name]["size"]) == len(want)
    ftp.voidcmd("TYPE I")
    assert ftp.size(name) == len(want)
want = open("tree/binary.bin", "rb").read()
rest = io.BytesIO()
ftp.retrbinary("RETR binary.bin", rest.write, rest=2000000)
assert rest.getvalue() == want[2000000:]
ftp.storbinary("STOR resumed", io.BytesIO(want[:1000]))
ftp.storbinary("STOR resumed", io.BytesIO(want[1000:]), rest=1000)
back = io.BytesIO()
ftp.retrbinary("RETR resumed", back.write)
assert back.getvalue() == want
lines = []
ftp.storlines("STOR text", io.BytesIO(b"one\\ntwo\\n"))
ftp.retrlines("RETR text", lines.append)
assert lines == ["one", "two"]
assert ftp.mkd('a "dir"') == '/a "dir"'
ftp.cwd('a "dir"')
assert ftp.pwd() == '/a "dir"'
ftp.cwd("..")
ftp.rename("text", 'a "dir"/text')
assert ftp.nlst('a "dir"') == ['a "dir"/text']
ftp.delete('a "dir"/text')
ftp.rmd('a "dir"')
# abort() sends ABOR as urgent data, in the middle of a download
conn = ftp.transfercmd("RETR binary.bin")
conn.recv(1000)
print(ftp.abort())
conn.close()
print(ftp.getresp(), ftp.voidcmd("NOOP"))
for missing in ("DELE nothing", "CWD nothing", "RETR nothing"):
    try:
        ftp.sendcmd(missing) if missing[0] != "R" else ftp.retrbinary(missing, print)
        sys.exit(missing + " worked")
    except ftplib.error_perm as e:
        assert str(e).startswith("550"), e
ftp.quit()
print("all done")
`,
    );
    const { out } = await site.run(python, ["talk.py"]);
    expect(out).toContain("all done");
  });
});

describe("basic-ftp", () => {
  it("carries a tree up and down, resumes, and tells what it sees", async () => {
    await using site = await openSite();
    makeTree(join(site.local, "tree"), [...ODD_NAMES, ...PATTERN_NAMES]);
    const wanted = await snapshot(join(site.local, "tree"));
    const client = new Client(20_000);
    try {
      await client.access({ host: "127.0.0.1", port: site.ftp.port, user: "micro", password: "python" });
      expect((await client.features()).has("MLST")).toBe(true);
      await client.ensureDir("/up");
      await client.uploadFromDir(join(site.local, "tree"));
      expect(await snapshot(join(site.root, "up"))).toEqual(wanted);
      await client.downloadToDir(join(site.local, "down"), "/up");
      expect(await snapshot(join(site.local, "down"))).toEqual(wanted);
      await client.cd("/");
      expect(await client.size("up/binary.bin")).toBe(3_000_001);
      const modified = await client.lastMod("up/lines");
      expect(Math.abs(modified.getTime() - Date.now())).toBeLessThan(MINUTE);
      writeFileSync(join(site.local, "part"), readFileSync(join(site.root, "up/binary.bin")).subarray(0, 1_000));
      await client.downloadTo(join(site.local, "part"), "up/binary.bin", 1_000);
      expect(await sha256Of(join(site.local, "part"))).toBe(wanted["binary.bin"]);
      await client.appendFrom(join(site.local, "tree", "lines"), "up/lines");
      expect(statSync(join(site.root, "up/lines")).size).toBe(2 * statSync(join(site.local, "tree/lines")).size);
      await client.rename("up/lines", "moved");
      await client.removeDir("up");
      expect(readdirSync(site.root)).toEqual(["moved"]);
      await client.remove("moved");
    } finally {
      client.close();
    }
  });
});

describe("busybox", () => {
  clientIt("puts, gets and resumes", "busybox", async (busybox) => {
    await using site = await openSite();
    makeTree(join(site.local, "tree"));
    const account = ["-u", "micro", "-p", "python", "-P", String(site.ftp.port)];
    for (const name of [...ODD_NAMES, ...PATTERN_NAMES, "empty", "binary.bin"]) {
      await site.run(busybox, ["ftpput", ...account, "--", "127.0.0.1", name, `tree/${name}`]);
      await site.run(busybox, ["ftpget", ...account, "--", "127.0.0.1", "back", name]);
      expect(readFileSync(join(site.local, "back")).equals(readFileSync(join(site.root, name)))).toBe(true);
      expect(readFileSync(join(site.local, "tree", name)).equals(readFileSync(join(site.root, name)))).toBe(true);
    }
    writeFileSync(join(site.local, "back"), readFileSync(join(site.root, "binary.bin")).subarray(0, 100_000));
    await site.run(busybox, ["ftpget", "-c", ...account, "127.0.0.1", "back", "binary.bin"]);
    expect(await sha256Of(join(site.local, "back"))).toBe(await sha256Of(join(site.root, "binary.bin")));
  });
});
