/**
 * `_boot`: what the interpreter lacks of a board, and how the board runs its scripts.
 *
 * @module
 */

export const BOOT: string = `
import builtins, io, os, sys, time, _board

# Timers of machine.Timer: lists of [due, period, call]. They run while the board waits, sleeps or is idle.
timers = []

def run_timers():
    "Runs what is due; gives the milliseconds until the next, or -1."
    next_in = -1
    for timer in list(timers):
        left = time.ticks_diff(timer[0], time.ticks_ms())
        if left <= 0:
            if timer not in timers:
                continue
            if timer[1] < 0:
                timers.remove(timer)
            else:
                timer[0] = time.ticks_add(timer[0], timer[1])
                left = time.ticks_diff(timer[0], time.ticks_ms())
                if left < 0:
                    timer[0] = time.ticks_ms()
                    left = 0
            try:
                timer[2]()
            except Exception as error:
                sys.print_exception(error)
            if timer[1] < 0:
                continue
        if next_in < 0 or left < next_in:
            next_in = max(left, 0)
    return next_in

def interrupted():
    "Raises the interrupt that has come: the interpreter looks for one where it jumps back."
    for _ in range(3):
        pass

def sleep_ms(ms):
    ms = int(ms)
    if not timers:
        if ms > 0 and _board.sleep(ms):
            interrupted()
        return
    end = time.ticks_add(time.ticks_ms(), ms)
    while True:
        next_in = run_timers()
        left = time.ticks_diff(end, time.ticks_ms())
        if left <= 0:
            return
        if _board.sleep(left if next_in < 0 or next_in > left else next_in):
            interrupted()

def sleep(seconds):
    if seconds < 0:
        raise ValueError('sleep length must be non-negative')
    seconds *= 1000
    while seconds > 1000000000:
        sleep_ms(1000000000)
        seconds -= 1000000000
    sleep_ms(seconds)

def sleep_us(us):
    if us >= 1000:
        sleep_ms(us // 1000)

time.sleep_ms = sleep_ms
time.sleep_us = sleep_us
time.sleep = sleep

def getch():
    "The next byte of input."
    while True:
        byte = _board.getch(run_timers() if timers else -1)
        if byte >= 0:
            return byte

_after_cr = False

def board_input(prompt=''):
    "input() with a line editor that knows Backspace, Ctrl-U and Ctrl-D."
    global _after_cr
    out = sys.stdout
    if prompt != '':
        out.write(str(prompt))
    line = bytearray()
    while True:
        byte = getch()
        after_cr = _after_cr
        _after_cr = byte == 13
        if byte == 10 and after_cr:
            continue
        if byte == 13 or byte == 10:
            out.write('\\n')
            return line.decode()
        if byte == 8 or byte == 127:
            if line:
                while line[-1] & 0xc0 == 0x80:
                    line[-1:] = b''
                line[-1:] = b''
                out.write('\\b \\b')
        elif byte == 21:
            while line:
                if line[-1] & 0xc0 != 0x80:
                    out.write('\\b \\b')
                line[-1:] = b''
        elif byte == 4:
            if not line:
                out.write('\\n')
                raise EOFError
        elif byte == 27:
            # An arrow or another key that sends a sequence.
            if getch() == 91:
                while not 64 <= getch() <= 126:
                    pass
        elif byte >= 32:
            line.append(byte)
            out.write(bytes((byte,)))

builtins.input = board_input

def _patch_os():
    from collections import namedtuple
    uname_result = namedtuple('uname_result', ('sysname', 'nodename', 'release', 'version', 'machine'))
    release = '.'.join(str(part) for part in sys.implementation.version[:3])
    version = 'v' + release + ' on ' + sys.version.split(' on ')[-1]
    name = uname_result(sys.platform, sys.platform, release, version, _board.banner())
    os.uname = lambda: name
    native_stat = os.stat
    # The directory without a name is the one that one is in.
    os.stat = lambda path: native_stat(os.getcwd() if path == '' else path)
    native = os.ilistdir
    def ilistdir(path=''):
        base = path + '/' if path and path[-1:] != '/' else path
        for entry in native(path):
            size = 0
            if entry[1] == 0x8000:
                try:
                    size = os.stat(base + entry[0])[6]
                except OSError:
                    pass
            yield (entry[0], entry[1], entry[2], size)
    os.ilistdir = ilistdir
    sys.modules['uos'] = os
    sys.modules['utime'] = time

_patch_os()

def _patch_asyncio():
    import asyncio
    from asyncio import core
    from _asyncio import TaskQueue

    def run(main):
        "Runs an event loop until main is done, as on a board; the port's own loop runs only while the REPL is idle."
        wait = None
        def schedule_run_iter(ms):
            nonlocal wait
            wait = ms
        schedule = core._schedule_run_iter
        core._schedule_run_iter = schedule_run_iter
        core._task_queue = TaskQueue(lambda ms: None)
        done = []
        async def outer():
            try:
                result = (await main, None)
            except BaseException as error:
                result = (None, error)
            done.append(result)
        try:
            core.create_task(outer())
            while not done:
                wait = None
                core._run_iter()
                if not done:
                    sleep_ms(50 if wait is None else max(0, wait))
        finally:
            core._schedule_run_iter = schedule
            core.new_event_loop()
            core.cur_task = core._top_level_task
        if done[0][1] is not None:
            raise done[0][1]
        return done[0][0]

    def run_until_complete(self, main=None):
        return run(self if main is None else main)

    core.run = asyncio.run = run
    core.Loop.run_until_complete = asyncio.run_until_complete = run

_patch_asyncio()

def run_source(source, name):
    "Runs a script in __main__; gives its exit code, or None when it came to its end."
    import __main__
    try:
        exec(compile(source, name, 'exec'), __main__.__dict__)
    except SystemExit as error:
        code = error.value if hasattr(error, 'value') else (error.args[0] if error.args else None)
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 255
        print(code)
        return 1
    except BaseException as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        # The frame of this function is not the script's.
        lines = text.getvalue().split('\\n')
        print('\\n'.join(line for at, line in enumerate(lines) if at != 1 or '_boot.py' not in line), end='')
        return 130 if isinstance(error, KeyboardInterrupt) else 1

def run_file(name):
    "Runs a file of /flash when it is there."
    try:
        with open('/flash/' + name) as file:
            source = file.read()
    except OSError as error:
        if error.errno != 2:
            print(name + ': ' + str(error))
        return
    run_source(source, name)

import _help
`;
