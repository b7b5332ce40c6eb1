import { createSecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import { accelerator } from "./accelerator.ts";
import { isVersion, SecureRead } from "./openssl.ts";

const { calls } = accelerator();

it.each([
  ["OpenSSL 3.0.19 27 Jan 2026", "3.0.19", true],
  ["OpenSSL 3.0.15+quic 3 Sep 2024", "3.0.15+quic", true],
  ["OpenSSL 3.0.15 3 Sep 2024", "3.0.15+quic", true],
  ["OpenSSL 3.0.15 3 Sep 2024", "3.0.1", false],
  ["OpenSSL 3.5.1 1 Jul 2025", "3.0.15+quic", false],
  ["BoringSSL", "0.0.0", false],
])("%s is that of Node's %s: %s", (text, version, is) => {
  expect(isVersion(text, version)).toBe(is);
});

describe.skipIf(calls === undefined)("TLS by hand", () => {
  it("is there wherever the accelerator is", () => {
    expect(calls!.acceptSecure?.(createSecureContext())).toBeDefined();
  });

  it("refuses all that is asked for after the end", () => {
    const link = calls!.acceptSecure!(createSecureContext())!;
    expect(link.handshake()).toBe(false);
    link.free();
    link.free();
    const target = new Uint8Array(8);
    for (const late of [
      () => link.receive(target),
      () => link.handshake(),
      () => link.read(target),
      () => link.end(),
    ]) {
      expect(late).toThrow("bug");
    }
    expect([link.takeOutput(target), link.isResumed]).toEqual([0, false]);
  });

  it("fails at what is no TLS", () => {
    const link = calls!.acceptSecure!(createSecureContext())!;
    link.receive(Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    expect(() => link.handshake()).toThrow("the handshake failed");
    expect(link.read(new Uint8Array(8))).toBe(SecureRead.FAILED);
    link.free();
  });
});
