/**
 * `_help`: `help()` as a board has it, and what it says about the board's own modules.
 *
 * @module
 */

export const HELP: string = `
import builtins, sys

_native = builtins.help

_BOARD = '''Welcome to MicroPython!

This board runs inside Node.js. Its files:

  /flash    boot.py and main.py run at the start; modules are imported from here and from /flash/lib
  /sd       a second directory, when one was given

Its servers, with the same prompt and the same files:

  import network
  network.telnet.start(user="micro", password="python", timeout=300)
  network.ftp.start(user="micro", password="python", timeout=300)
  network.telnet.status(), network.ftp.status()
  help(network.telnet), help(network.ftp)

Control commands:
  CTRL-A  -- on a blank line, enter raw REPL mode
  CTRL-B  -- on a blank line, enter normal REPL mode
  CTRL-C  -- interrupt a running program
  CTRL-D  -- on a blank line, do a soft reset of the board
  CTRL-E  -- on a blank line, enter paste mode

For a list of available modules, type help('modules')
'''

_OWN = ('machine', 'network', 'network.ftp', 'network.telnet')

def board_help(*args):
    if not args:
        print(_BOARD, end='')
        return
    subject = args[0]
    if subject == 'modules':
        _native('modules')
        print('\\nModules of this board: ' + ' '.join(_OWN))
        return
    text = getattr(subject, '_help', None)
    if text is None:
        text = sys.modules['_help'].functions.get(id(subject))
    if type(text) is str:
        print(text, end='')
        return
    _native(subject)

functions = {}

def describe(function, text):
    "Gives a function of the board's modules its help."
    functions[id(function)] = text

builtins.help = board_help
`;
