/**
 * What recorded clients have sent, and what bytes protocols are made of: where mutations begin.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTranscript } from "../transcripts/ftp-transcript.ts";
import { readTranscript } from "../transcripts/telnet-transcript.ts";

const folder = join(import.meta.dirname, "../transcripts");

/** The bytes of each recorded talk. */
export const telnetCorpus: readonly Uint8Array[] = filesOf(".telnet").map((file) =>
  Uint8Array.from(readTranscript(file).blocks.flatMap(({ received }) => received)),
);

export const ftpCorpus: readonly Uint8Array[] = filesOf(".ftp").map((file) =>
  Uint8Array.from(parseTranscript(readFileSync(file, "utf8")).exchanges.flatMap(({ bytes }) => bytes)),
);

/** PROXY headers and first packets of other protocols. */
export const headerCorpus: readonly Uint8Array[] = [
  "PROXY TCP4 192.0.2.1 192.0.2.2 1024 21\r\n",
  "PROXY TCP6 2001:db8::1 ::1 1024 21\r\nUSER x\r\n",
  "PROXY UNKNOWN\r\n",
  "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\x7f\x00\x00\x01\x9c\x40\x00\x15",
  "\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24aaaabbbbccccddddeeeeffffgggghhhhii\x00\x15",
  "\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00",
  "GET / HTTP/1.1\r\n\r\n",
  "\x16\x03\x01\x00\x05hello",
  "SSH-2.0-x\r\n",
].map(toBytes);

const IAC_WORDS = ["ff", "fffb", "fffd", "fffc", "fffe", "fffa", "fff0", "ffff", "fff4", "fff2", "fff6", "fff3"];
const TELNET_WORDS = [
  ...IAC_WORDS,
  ...[
    "fffa1fffffffff",
    "fffa1f00500018fff0",
    "fffa1800",
    "fffa1801fff0",
    "fffa27000158",
    "fffa2a01",
    "fffb1f",
    "fffd18",
  ],
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
const TEXT_WORDS = (
  "\r\n|\r|\n|\0|\r\0| |..|/|../../|*|[|?|\u00e9|\u{1F600}|USER micro\r\n|PASS python\r\n|PASV\r\n|EPSV\r\n|EPSV ALL\r\n|" +
  "PORT 127,0,0,1,4,1\r\n|EPRT |1|REST 1\r\n|REST 99999999999999999999\r\n|ABOR\r\n|QUIT\r\n|AUTH TLS\r\n|PBSZ 0\r\n|PROT P\r\n|" +
  "MLSD\r\n|LIST -la\r\n|NLST *\r\n|STOR x\r\n|APPE x\r\n|STOU\r\n|RETR x\r\n|RNFR x\r\nRNTO y\r\n|MKD d\r\n|CWD d\r\n|RMD d\r\n|DELE x\r\n|" +
  "SITE CHMOD 777 x\r\n|OPTS MLST type;\r\n|OPTS UTF8 ON\r\n|MFMT 20200101000000 x\r\n|HASH x\r\n|REIN\r\n|STAT\r\n|STAT .\r\n|" +
  "-1|0|4294967296|1e309|%s%n|\u001b[2J|micro\r|python\r|\u0003|\u0004|\u0014|\u007f"
).split("|");

/** Pieces that mean something. */
export const words: readonly Uint8Array[] = [
  ...TELNET_WORDS,
  ...TEXT_WORDS.map((text) => new TextEncoder().encode(text)),
];

function filesOf(ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
