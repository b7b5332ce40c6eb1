import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProxyHeader } from "./header.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const v2 = (command: number, family: number, payload: number[]) =>
  Uint8Array.from([...SIGNATURE, 0x20 | command, family, payload.length >> 8, payload.length & 255, ...payload]);
const IPV4 = [192, 0, 2, 1, 198, 51, 100, 2, 0xc3, 0x50, 0x00, 0x15];

describe("version 1", () => {
  it.each([
    ["PROXY TCP4 192.0.2.1 198.51.100.2 50000 21\r\n", { address: "192.0.2.1", port: 50_000 }],
    ["PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", { address: "2001:db8::1", port: 1 }],
    ["PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 1 2\r\n", { address: "192.0.2.1", port: 1 }],
    ["PROXY TCP6 0:0:0:0:0:FFFF:c000:0201 ::1 1 2\r\n", { address: "192.0.2.1", port: 1 }],
    ["PROXY UNKNOWN\r\n", "unknown"],
    ["PROXY UNKNOWN ffff:: ffff:: 1 2\r\n", "unknown"],
  ])("reads %j", (line, peer) => {
    const received = ascii(`${line}USER x\r\n`);
    expect(parseProxyHeader(received)).toEqual({ type: "header", bytes: line.length, peer });
    expect(parseProxyHeader(received.subarray(0, line.length - 1))).toEqual({ type: "more" });
  });

  it.each([
    "USER micro\r\n",
    "PROXY TCP4 300.0.2.1 198.51.100.2 1 2\r\n",
    "PROXY TCP4 ::1 ::1 1 2\r\n",
    "PROXY TCP6 ::ffff:300.0.2.1 ::1 1 2\r\n",
    "PROXY TCP6 ::fffe:192.0.2.1 ::1 1 2\r\n",
    "PROXY TCP6 1:2:3:4:5:6:7:ffff:192.0.2.1 ::1 1 2\r\n",
    "PROXY TCP6 1.2.3.4 ::1 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 70000 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
    `PROXY TCP4 ${"1".repeat(200)}`,
  ])("refuses %j", (line) => {
    expect(parseProxyHeader(ascii(line))).toEqual({ type: "invalid" });
  });
});

describe("version 2", () => {
  it("reads IPv4, IPv6 and what follows them", () => {
    expect(parseProxyHeader(v2(1, 0x11, IPV4))).toEqual({
      type: "header",
      bytes: 28,
      peer: { address: "192.0.2.1", port: 50_000 },
    });
    const ipv6 = [0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(27).fill(0), 1, 0x00, 0x07, 0x00, 0x15, 0x04, 0, 1, 9];
    expect(parseProxyHeader(v2(1, 0x21, ipv6))).toEqual({
      type: "header",
      bytes: 56,
      peer: { address: "2001:db8:0:0:0:0:0:0", port: 7 },
    });
  });

  it("takes an IPv4 address that was mapped into IPv6 for what it is", () => {
    const mapped = [...new Array<number>(10).fill(0), 0xff, 0xff, 192, 0, 2, 1];
    expect(parseProxyHeader(v2(1, 0x21, [...mapped, ...mapped, 0, 7, 0, 21]))).toMatchObject({
      peer: { address: "192.0.2.1", port: 7 },
    });
  });

  it("takes LOCAL for the proxy's own, and other families for clients it does not know", () => {
    expect(parseProxyHeader(v2(0, 0x00, []))).toEqual({ type: "header", bytes: 16, peer: "itself" });
    expect(parseProxyHeader(v2(1, 0x00, []))).toEqual({ type: "header", bytes: 16, peer: "unknown" });
    expect(parseProxyHeader(v2(1, 0x31, [1, 2]))).toEqual({ type: "header", bytes: 18, peer: "unknown" });
  });

  it("refuses other versions, commands, short addresses and an oversized header", () => {
    const wrongVersion = v2(1, 0x11, IPV4);
    wrongVersion[12] = 0x31;
    expect(parseProxyHeader(wrongVersion)).toEqual({ type: "invalid" });
    expect(parseProxyHeader(v2(2, 0x11, IPV4))).toEqual({ type: "invalid" });
    expect(parseProxyHeader(v2(1, 0x11, [1, 2, 3]))).toEqual({ type: "invalid" });
    expect(parseProxyHeader(v2(1, 0x11, new Array<number>(4000).fill(0)))).toEqual({ type: "invalid" });
  });
});

it("never throws and never asks for more than a header can have", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 4096 }),
      fc.constantFrom<number[]>([], SIGNATURE, [...ascii("PROXY ")]),
      (bytes, start) => {
        const received = Uint8Array.from([...start, ...bytes]);
        const header = parseProxyHeader(received);
        if (received.length > 2064) expect(header.type).not.toBe("more");
        if (header.type === "header") expect(header.bytes).toBeLessThanOrEqual(received.length);
      },
    ),
  );
});
