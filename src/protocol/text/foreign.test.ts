import { describe, expect, it } from "vitest";
import { foreignProtocol } from "./foreign.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("a first packet", () => {
  it.each([
    ["\x16\x03\x01\x02\x00\x01", "TLS"],
    ["\x16", "TLS"],
    ["SSH-2.0-OpenSSH_9.6\r\n", "SSH"],
    ["GET / HTTP/1.1\r\nHost: x\r\n", "HTTP"],
    ["POST /login HTTP/1.1\r\n", "HTTP"],
    ["OPTIONS * HTTP/1.1\r\n", "HTTP"],
    ["CONNECT host:23 HTTP/1.1\r\n", "HTTP"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP"],
    ["GET http://x/ HTTP/1.1\r\n", "HTTP"],
  ])("%j is %s", (text, protocol) => {
    expect(foreignProtocol(bytes(text))).toBe(protocol);
  });

  it.each(["micro\r\n", "\xff\xfd\x03", "g", "GET", "SSH", "GETTY\r\n", "\x16x", "", "USER micro\r\n"])(
    "%j may be a person's",
    (text) => {
      expect(foreignProtocol(bytes(text))).toBeUndefined();
    },
  );
});
