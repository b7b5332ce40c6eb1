/**
 * `machine` in Python: what a host can be for a board. The rest exists by name and says that there is no such hardware.
 *
 * @module
 */

export const MACHINE: string = `
import sys, time, _board, _boot

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

def unique_id():
    return bytes(int(_board.unique_id()[at:at + 2], 16) for at in range(0, 12, 2))

def freq(hz=None):
    if hz is not None:
        raise OSError(95, "the clock is the host's: it can't be changed")
    return int(_board.frequency())

def reset():
    "Starts the board anew, as with its power switched off and on."
    _board.reset('hard')

def soft_reset():
    _board.reset('soft')

def reset_cause():
    return int(_board.reset_cause())

def idle():
    _boot.sleep_ms(1)

def lightsleep(ms=None):
    while ms is None:
        _boot.sleep_ms(1000)
    _boot.sleep_ms(ms)

def deepsleep(ms=None):
    lightsleep(ms)
    reset()

def disable_irq():
    return 0

def enable_irq(state=0):
    pass

class Timer:
    "Its callback runs while the board sleeps, waits for input or is idle."
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **options):
        self._entry = None
        if options:
            self.init(**options)

    def init(self, *, mode=1, period=None, freq=None, callback=None):
        if mode not in (0, 1):
            raise ValueError('mode must be Timer.ONE_SHOT or Timer.PERIODIC')
        if callback is not None and not callable(callback):
            raise TypeError('callback must be callable')
        if freq is not None:
            period = int(1000 / freq)
        if period is None:
            raise ValueError('period or freq is needed')
        if not 1 <= period <= 0x1fffffff:
            raise ValueError('period must be 1 to 536870911 ms')
        self.deinit()
        if callback is None:
            return
        self._entry = [time.ticks_add(time.ticks_ms(), period), period if mode == 1 else -1, lambda: callback(self)]
        _boot.timers.append(self._entry)
        _wake()

    def deinit(self):
        if self._entry in _boot.timers:
            _boot.timers.remove(self._entry)
        self._entry = None

_chain = 0

def _wake():
    "While the prompt is idle the host calls when the next timer is due; only the newest chain of calls goes on."
    global _chain
    _chain += 1
    mine = _chain
    next_in = _boot.run_timers()
    if next_in >= 0 and mine == _chain:
        import js
        js.setTimeout(lambda: mine == _chain and _wake(), next_in)

class RTC:
    "The host's clock; set, it differs from that until the next reset."
    _offset = 0

    def __init__(self, id=0):
        pass

    def datetime(self, value=None):
        if value is None:
            now = time.localtime()
            return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)
        if len(value) != 8:
            raise ValueError('(year, month, day, weekday, hours, minutes, seconds, subseconds)')
        year, month, day, _, hours, minutes, seconds, _ = value
        wanted = time.mktime((year, month, day, hours, minutes, seconds, 0, 0))
        RTC._offset = int(wanted - _host_time())
        time.time = _board_time
        time.localtime = _board_localtime
        time.gmtime = _board_gmtime

    def init(self, value):
        self.datetime(value)

_host_time = time.time
_host_localtime = time.localtime
_host_gmtime = time.gmtime

def _board_time():
    return _host_time() + RTC._offset

def _board_localtime(seconds=None):
    return _host_localtime(_board_time() if seconds is None else seconds)

def _board_gmtime(seconds=None):
    return _host_gmtime(_board_time() if seconds is None else seconds)

class WDT:
    def __init__(self, id=0, timeout=5000):
        raise OSError(19, 'no such hardware: WDT')

class _Absent:
    def __init__(self, *args, **options):
        raise OSError(19, 'no such hardware: ' + type(self).__name__)

class Pin(_Absent):
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_UP, PULL_DOWN = 2, 1
    IRQ_RISING, IRQ_FALLING = 1, 2

class Signal(_Absent): pass
class ADC(_Absent): pass
class ADCBlock(_Absent): pass
class DAC(_Absent): pass
class PWM(_Absent): pass
class I2C(_Absent): pass
class SoftI2C(_Absent): pass
class I2S(_Absent): pass
class SPI(_Absent): pass
class SoftSPI(_Absent): pass
class UART(_Absent): pass
class SDCard(_Absent): pass
class TouchPad(_Absent): pass
class Encoder(_Absent): pass
class Counter(_Absent): pass

def _no_hardware(*args, **options):
    raise OSError(19, 'no such hardware')

time_pulse_us = bitstream = dht_readinto = _no_hardware

_help = '''machine: what the host can be for a board.

  unique_id(), freq(), reset_cause(), idle(), lightsleep(ms)
  reset()            starts the board anew, also out of a program
  soft_reset()       as Ctrl-D at the prompt
  Timer              init(mode=Timer.PERIODIC, period=ms, callback=f): runs while the board sleeps or is idle
  RTC().datetime()   the host's clock; set, it differs until the next reset

Pin, ADC, I2C and the like raise OSError: there is no such hardware.
'''
`;
