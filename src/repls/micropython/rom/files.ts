/**
 * The board's read-only Python modules, by path.
 *
 * @module
 */

import { BOOT } from "./boot.ts";
import { HELP } from "./help.ts";
import { MACHINE } from "./machine.ts";
import { FTP, HOST_CALL, NETWORK, TELNET } from "./network.ts";

/** What a board has and this one has not: the text of the ImportError. */
const ABSENT: Readonly<Record<string, string>> = {
  socket: "this board has no sockets: its network is network.telnet and network.ftp",
  usocket: "this board has no sockets: its network is network.telnet and network.ftp",
  ssl: "this board has no sockets, and so no ssl",
  tls: "this board has no sockets, and so no tls",
  _thread: "this board has one thread; use asyncio",
  bluetooth: "this board has no such hardware: bluetooth",
  espnow: "this board has no such hardware: espnow",
  esp: "this is not an ESP board: there is no module esp",
  esp32: "this is not an ESP board: there is no module esp32",
  neopixel: "this board has no such hardware: neopixel",
  onewire: "this board has no such hardware: onewire",
  dht: "this board has no such hardware: dht",
};

const FILES: ReadonlyMap<string, string> = new Map([
  ["/rom/_boot.py", BOOT],
  ["/rom/_help.py", HELP],
  ["/rom/_host.py", HOST_CALL],
  ["/rom/machine.py", MACHINE],
  ["/rom/umachine.py", "from machine import *\n"],
  ["/rom/network/__init__.py", NETWORK],
  ["/rom/network/telnet.py", TELNET],
  ["/rom/network/ftp.py", FTP],
  ...Object.entries(ABSENT).map(
    ([name, text]) => [`/rom/${name}.py`, `raise ImportError(${JSON.stringify(text)})\n`] as const,
  ),
]);

const DIRECTORIES: ReadonlySet<string> = new Set(["/rom", "/rom/network"]);

/** 0: nothing is there, 1: a directory, 2: a file. */
export function romKind(path: string): 0 | 1 | 2 {
  return FILES.has(path) ? 2 : DIRECTORIES.has(path) ? 1 : 0;
}

/** Text of a file; undefined when there is none. */
export function romText(path: string): string | undefined {
  return FILES.get(path);
}
