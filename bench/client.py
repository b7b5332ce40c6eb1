"""The measuring FTP client: plain sockets, copies what it receives, one JSON line of result on stdout, before it `warm`
when the counted part begins, for which it then waits for a line on stdin.

usage: client.py PORT MEASURE ROOT KEY=VALUE...

A server is measured as it is after some use, not in its first moments: the measures of many small operations begin
with some that are not counted, see `warm_up`, and large files go several times, see `settled`. `warm=0` counts from the
first operation on.

Each measure checks what came (size always, content on request) and fails loudly when it is wrong.
"""

import hashlib
import json
import os
import socket
import ssl
import sys
import time

PORT, MEASURE, ROOT = int(sys.argv[1]), sys.argv[2], sys.argv[3]
OPTIONS = dict(word.split("=", 1) for word in sys.argv[4:])
TLS = OPTIONS.get("tls") == "1"
CHUNK = 1 << 20
WARM_SECONDS = float(OPTIONS.get("warm", "6"))
WARM_OPERATIONS = 6000
UNCOUNTED_TIMES = 3
COUNTED_TIMES = 3


def tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Session:
    def __init__(self, login=True):
        self.sock = socket.create_connection(("127.0.0.1", PORT))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.context = tls_context() if TLS else None
        self.expect("220")
        if TLS:
            self.command("AUTH TLS", "234")
            self.sock = self.context.wrap_socket(self.sock)
            self.command("PBSZ 0", "200")
        if login:
            self.command("USER bench", "331")
            self.command("PASS bench", "230")
            if TLS:
                self.command("PROT P", "200")
            self.command("TYPE I", "200")

    def line(self):
        while b"\n" not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError("control connection closed")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("utf-8", "replace").rstrip("\r")

    def reply(self):
        line = self.line()
        if line[3:4] == "-":
            end = line[:3] + " "
            while not line.startswith(end):
                line = self.line()
        return line

    def expect(self, code):
        line = self.reply()
        if not line.startswith(code):
            raise RuntimeError(f"expected {code}, got {line}")
        return line

    def send(self, text):
        self.sock.sendall(text.encode() + b"\r\n")

    def command(self, text, code):
        self.send(text)
        return self.expect(code)

    def data(self):
        line = self.command("EPSV", "229")
        port = int(line.split("|||")[1].split("|")[0])
        sock = socket.create_connection(("127.0.0.1", port))
        return sock

    def secure(self, sock):
        return self.context.wrap_socket(sock, session=self.sock.session) if TLS else sock

    def receive(self, verb, sink):
        sock = self.data()
        self.send(verb)
        self.expect("1")
        sock = self.secure(sock)
        view = memoryview(bytearray(CHUNK))
        total = 0
        while True:
            count = sock.recv_into(view)
            if count == 0:
                break
            total += count
            if sink is not None:
                sink(view[:count])
        sock.close()
        self.expect("226")
        return total

    def store(self, name, source, size):
        """Uploads `size` bytes: `source` over and over. A memfd goes by sendfile, so that the client costs little."""
        sock = self.data()
        self.send(f"STOR {name}")
        self.expect("1")
        sock = self.secure(sock)
        length = os.fstat(source).st_size if isinstance(source, int) else len(source)
        left = size
        while left:
            offset = (size - left) % length
            part = min(left, length - offset)
            if isinstance(source, int):
                left -= os.sendfile(sock.fileno(), source, offset, part)
            else:
                left -= sock.send(memoryview(source)[offset : offset + min(part, CHUNK)])
        if TLS:
            sock.unwrap()
        sock.close()
        self.expect("226")


def counted(work):
    """Times what is counted. The caller learns first that the server is warm, and says when to go on."""
    print("warm", flush=True)
    sys.stdin.readline()
    return timed(work)


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def streams(count, one):
    """Runs `one(index)` in `count` processes at once, from a common start; their sum of bytes."""
    if count == 1:
        return timed(lambda: one(0))
    ready_r, ready_w = os.pipe()
    go_r, go_w = os.pipe()
    done_r, done_w = os.pipe()
    for index in range(count):
        if os.fork() == 0:
            os.write(ready_w, b"r")
            os.read(go_r, 1)
            try:
                os.write(done_w, b"%20d" % one(index))
                os._exit(0)
            except BaseException as error:
                print(error, file=sys.stderr)
                os.write(done_w, b"%20d" % -1)
                os._exit(1)
    for _ in range(count):
        os.read(ready_r, 1)
    start = time.perf_counter()
    os.write(go_w, b"g" * count)
    total = 0
    for _ in range(count):
        part = int(os.read(done_r, 20))
        if part < 0:
            raise RuntimeError("a stream failed")
        total += part
    seconds = time.perf_counter() - start
    for _ in range(count):
        os.wait()
    return seconds, total


def retr():
    count, name = int(OPTIONS.get("streams", "1")), OPTIONS["file"]
    size = os.stat(os.path.join(ROOT, name)).st_size
    if OPTIONS.get("verify") == "1":
        digest = hashlib.sha256()
        Session().receive(f"RETR {name}", digest.update)
        wanted = hashlib.sha256(open(os.path.join(ROOT, name), "rb").read()).hexdigest()
        if digest.hexdigest() != wanted:
            raise RuntimeError("RETR gave other bytes")
        return {"verified": True}
    return settled(lambda: retrieve(count, name, size), size * count)


def retrieve(count, name, size):
    sessions = [Session() for _ in range(count)]
    seconds, total = streams(count, lambda index: sessions[index].receive(f"RETR {name}", None))
    if total != size * count:
        raise RuntimeError(f"{total} of {size * count} bytes came")
    return seconds


def settled(work, size):
    """The middle of some times after others that do not count. In the first a server is cold, and on a virtual machine
    whoever is the first to write to memory that was free for seconds waits for the host to give it back: an upload took
    up to three times as long, whichever server's turn it was."""
    for _ in range(UNCOUNTED_TIMES):
        work()
    _, seconds = counted(lambda: [work() for _ in range(COUNTED_TIMES)])
    return {"seconds": sorted(seconds)[COUNTED_TIMES // 2], "bytes": size, "times": COUNTED_TIMES}


def stor():
    count, size = int(OPTIONS.get("streams", "1")), int(OPTIONS["size"])
    block = os.urandom(8 << 20)
    memory = os.memfd_create("source")
    os.write(memory, block)

    return settled(lambda: store(count, size, block, memory), count * size)


def store(count, size, block, memory):
    def one(index):
        sessions[index].store(f"up{index}", block if TLS else memory, size)
        return size

    sessions = [Session() for _ in range(count)]
    seconds, _ = streams(count, one)
    for index in range(count):
        path = os.path.join(ROOT, f"up{index}")
        if OPTIONS.get("verify") == "1":
            with open(path, "rb") as stored:
                left = size
                while left:
                    part = stored.read(len(block))
                    if part != block[: len(part)] or not part:
                        raise RuntimeError("STOR kept other bytes")
                    left -= len(part)
        if os.stat(path).st_size != size:
            raise RuntimeError("STOR kept another size")
        os.unlink(path)
    return seconds


def warm_up(operation):
    """Does what is measured next, `operation(index)`, until a server that translates its program as it runs has done so.
    Tells how often that was."""
    deadline = time.perf_counter() + WARM_SECONDS
    for index in range(WARM_OPERATIONS):
        if time.perf_counter() > deadline:
            return index
        operation(index)
    return WARM_OPERATIONS


def smallretr():
    count, directory = int(OPTIONS["count"]), OPTIONS.get("dir", "small")
    session = Session()

    def one(index):
        return session.receive(f"RETR {directory}/f{index % count}", None)

    warm_up(one)
    seconds, total = counted(lambda: sum(one(index) for index in range(count)))
    if total != count * 4096:
        raise RuntimeError(f"{total} bytes came")
    return {"seconds": seconds, "operations": count}


def smallstor():
    count = int(OPTIONS["count"])
    session = Session()
    block = os.urandom(4096)

    # Each file is a new one: what it replaces would have to be thrown away too.
    warm = warm_up(lambda index: session.store(f"warm{index}", block, len(block)))
    for index in range(warm):
        os.unlink(os.path.join(ROOT, f"warm{index}"))
    seconds, _ = counted(lambda: [session.store(f"up{index}", block, len(block)) for index in range(count)])
    for index in range(count):
        path = os.path.join(ROOT, f"up{index}")
        with open(path, "rb") as stored:
            if stored.read() != block:
                raise RuntimeError("STOR kept other bytes")
        os.unlink(path)
    return {"seconds": seconds, "operations": count}


def listing():
    verb, count = OPTIONS["verb"], int(OPTIONS["count"])
    session = Session()
    session.command(f"CWD {OPTIONS['dir']}", "250")
    lines = bytearray()
    session.receive(verb, lines.extend)
    names = sum(1 for line in lines.split(b"\n") if b"entry-" in line)
    if names != count:
        raise RuntimeError(f"{verb} told {names} of {count} names")
    rounds = 5
    warm_up(lambda _: session.receive(verb, None))
    seconds, _ = counted(lambda: [session.receive(verb, None) for _ in range(rounds)])
    return {"seconds": seconds, "operations": rounds}


def login():
    count = int(OPTIONS["count"])

    def one(_):
        session = Session()
        session.send("QUIT")
        session.sock.close()

    warm_up(one)
    seconds, _ = counted(lambda: [one(index) for index in range(count)])
    return {"seconds": seconds, "operations": count}


def pipeline():
    count = int(OPTIONS["count"])
    session = Session()

    batch = 200

    def one(_):
        session.sock.sendall(b"NOOP\r\n" * batch)
        for _ in range(batch):
            session.expect("200")

    batches = count // batch
    warm_up(one)
    seconds, _ = counted(lambda: [one(index) for index in range(batches)])
    return {"seconds": seconds, "operations": batches * batch}


def noop():
    count = int(OPTIONS["count"])
    session = Session()
    warm_up(lambda _: session.command("NOOP", "200"))
    seconds, _ = counted(lambda: [session.command("NOOP", "200") for _ in range(count)])
    return {"seconds": seconds, "operations": count}


def idle():
    """Holds sessions until stdin closes, so that the caller can weigh the server."""
    sessions = [Session() for _ in range(int(OPTIONS["count"]))]
    print("ready", flush=True)
    sys.stdin.read()
    return {"sessions": len(sessions)}


MEASURES = dict(retr=retr, stor=stor, smallretr=smallretr, smallstor=smallstor, listing=listing, login=login, pipeline=pipeline, noop=noop, idle=idle)
print(json.dumps(MEASURES[MEASURE]()))
