/**
 * `network` in Python: the same two servers as in TypeScript, and the host's interface, which can only be looked at.
 *
 * @module
 */

import { LIMITS } from "../../../contracts/limits.ts";

export const HOST_CALL: string = `
import json, _board, _boot

_ERRORS = {'ValueError': ValueError, 'TypeError': TypeError, 'OSError': OSError}

def _tuples(value):
    return tuple(_tuples(item) for item in value) if type(value) is list else value

def call(method, **options):
    "Asks the host. None when Ctrl-C came meanwhile: the exception follows."
    reply = json.loads(_board.call(method, json.dumps([options] if options else [])))
    if not reply:
        _boot.interrupted()
    if 'error' in reply:
        raise _ERRORS.get(reply['error'], OSError)(reply['text'])
    return _tuples(reply.get('value'))

def text(name, value, most):
    if not isinstance(value, str):
        raise TypeError(name + ' must be a string')
    if not 0 < len(value) <= most:
        raise ValueError(name + ' must have 1 to ' + str(most) + ' characters')
    return value

def credential(name, value):
    if not isinstance(value, str):
        raise TypeError(name + ' must be a string')
    if not 0 < len(value.encode()) <= ${LIMITS.telnetLoginLineBytes.value}:
        raise ValueError(name + ' must have 1 to ${LIMITS.telnetLoginLineBytes.value} bytes of UTF-8')
    return value

def number(name, value, least, most):
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(name + ' must be an integer')
    if not least <= value <= most:
        raise ValueError(name + ' must be ' + str(least) + ' to ' + str(most))
    return value

def yes_no(name, value):
    if not isinstance(value, bool):
        raise TypeError(name + ' must be True or False')
    return value

def options(given, checks):
    "Checks keyword arguments; None is the same as not given."
    for name in given:
        if name not in checks:
            raise TypeError("unexpected argument '" + name + "'; there are: " + ', '.join(sorted(checks)))
    return {name: checks[name](name, value) for name, value in given.items() if value is not None}

def only_keywords(args):
    if args:
        raise TypeError('arguments are given by name: start(user="...", password="...")')

login = {
    'user': credential,
    'password': credential,
    'timeout': lambda name, value: number(name, value, 1, 86400),
    'host': lambda name, value: text(name, value, 255),
    'port': lambda name, value: number(name, value, 0, 65535),
    'allow_default_password': yes_no,
}
`;

export const NETWORK: string = `
from . import telnet, ftp
from _host import call as _call

STA_IF = 0
AP_IF = 1

class WLAN:
    "The host's network, to look at; it can't be changed from here."
    IF_STA = 0
    IF_AP = 1

    def __init__(self, interface_id=0):
        if interface_id not in (0, 1):
            raise ValueError('interface must be network.STA_IF or network.AP_IF')
        self._id = interface_id

    def _change(self, *args, **options):
        raise OSError("the network is the host's: it can't be changed from the board")

    connect = disconnect = scan = _change

    def active(self, on=None):
        up = self._id == 0 and _call('network.address') is not None
        if on is not None and bool(on) != up:
            self._change()
        return up

    def isconnected(self):
        return self.active()

    def status(self, what=None):
        if what is not None:
            raise ValueError('unknown status: ' + str(what))
        return 1010 if self.isconnected() else 1000

    def ifconfig(self, config=None):
        if config is not None:
            self._change()
        address = _call('network.address') if self._id == 0 else None
        return ('0.0.0.0', '0.0.0.0', '0.0.0.0', '0.0.0.0') if address is None else address[:4]

    def config(self, *names, **values):
        if values or len(names) != 1:
            self._change()
        if names[0] == 'mac':
            address = _call('network.address')
            return bytes(6) if address is None else bytes(int(part, 16) for part in address[4].split(':'))
        if names[0] in ('hostname', 'dhcp_hostname'):
            return hostname()
        raise ValueError('unknown config param')

    def __repr__(self):
        return '<WLAN ' + ('STA' if self._id == 0 else 'AP') + ', read-only>'

def hostname(name=None):
    if name is not None:
        raise OSError("the network is the host's: it can't be changed from the board")
    return _call('network.hostname')

_help = '''network: the servers of this board, and its network.

  network.telnet             the Telnet server; help(network.telnet)
  network.ftp                the FTP server; help(network.ftp)
  network.WLAN(STA_IF)       the host's network, to look at: ifconfig(), isconnected(), active(), config("mac")
  network.hostname()
'''
`;

const METHODS = `
def pause(force=False):
    return _call('SERVER.pause', force=_host.yes_no('force', force))

def resume():
    return _call('SERVER.resume')

def stop(force=False):
    return _call('SERVER.stop', force=_host.yes_no('force', force))

def status():
    return _call('SERVER.status')

def stack():
    return _call('SERVER.stack')
`;

const DESCRIBE = `
for _name in ('start', 'pause', 'resume', 'stop', 'status', 'stack'):
    _describe(globals()[_name], _help)
del _name
`;

export const TELNET: string = `
import _host
from _host import call as _call
from _help import describe as _describe

_checks = dict(_host.login)
_checks['login_msg'] = lambda name, value: _host.text(name, value, 128)

def start(*args, **options):
    _host.only_keywords(args)
    return _call('telnet.start', **_host.options(options, _checks))
${METHODS.replaceAll("SERVER", "telnet")}
_help = '''network.telnet: the Telnet server. Whoever logs in gets the REPL; it is paused here meanwhile.

  start(user="micro", password="python", timeout=300, login_msg=None, port=2323, host=None,
        allow_default_password=False)
            starts the server, or gives it new credentials. True when it listens.
            timeout: seconds without a key, 1 to 86400. host: the address to listen on; with the
            default password only this machine can connect, unless allow_default_password=True.
  pause(force=False), resume(), stop(force=False)
            True when done; False while a user is in, unless force=True.
  status()  (state, text, addresses): -1 Not started, 0 Disabled, 1 Starting, 2 Listen, 3 Connected, 4 Logged in
  stack()   bytes of stack the server has used at most; -1 when it isn't running, None when unknown
'''
${DESCRIBE}`;

export const FTP: string = `
import _host
from _host import call as _call
from _help import describe as _describe

_checks = dict(_host.login)
_checks['buffsize'] = lambda name, value: _host.number(name, value, 512, 16777216)

def start(*args, **options):
    _host.only_keywords(args)
    return _call('ftp.start', **_host.options(options, _checks))
${METHODS.replaceAll("SERVER", "ftp")}
_help = '''network.ftp: the FTP server. Its root holds /flash and /sd.

  start(user="micro", password="python", buffsize=None, timeout=300, port=2121, host=None,
        allow_default_password=False)
            starts the server, or gives it new credentials. True when it listens.
            buffsize: bytes of a transfer's buffer, 512 to 16777216. timeout: idle seconds, 1 to 86400.
  pause(force=False), resume(), stop(force=False)
            True when done; False while a client is connected, unless force=True.
  status()  (state, data state, text, data text, addresses)
  stack()   bytes of stack the server has used at most; -1 when it isn't running, None when unknown
'''
${DESCRIBE}`;
