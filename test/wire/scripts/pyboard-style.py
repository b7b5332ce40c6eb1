"""Logs in as pyboard.py does it and runs one line in the raw REPL; prints what came of it."""

import sys
import telnetlib
import time

telnet = telnetlib.Telnet("127.0.0.1", int(sys.argv[1]), timeout=10)


def want(text):
    got = telnet.read_until(text, timeout=5)
    if not got.endswith(text):
        raise SystemExit("waited for %r, got %r" % (text, got))


want(b"Login as:")
telnet.write(b"micro\r\n")
want(b"Password:")
time.sleep(0.05)
telnet.write(b"python\r\n")
want(b'Type "help()" for more information.')
telnet.write(b"\r\x03")
telnet.write(b"\r\x01")
want(b"raw REPL; CTRL-B to exit\r\n>")
telnet.write(b"print(42)\x04")
want(b"OK")
print(telnet.read_until(b"\x04", timeout=5)[:-1].strip())
want(b"\x04>")
telnet.write(b"\r\x02")
want(b">>> ")
telnet.close()
