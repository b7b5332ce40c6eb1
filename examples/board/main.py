# A board that blinks, in the terminal: it has no pins.
#
#   npx porthole board --flash examples/board
#
# Ctrl-C stops it and gives the prompt; Ctrl-D starts it again. Over Telnet (localhost 2323, micro, python) the same,
# and over FTP (localhost 2121) main.py can be replaced: it then blinks otherwise after Ctrl-D.
import time


class Led:
    def __init__(self):
        self.on = False

    def toggle(self):
        self.on = not self.on
        print("\r", "(*)" if self.on else "( )", end=" ")


led = Led()
period_ms = 500

while True:
    led.toggle()
    time.sleep_ms(period_ms)
