import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addSettings, byteSize, listenAddress, portRange, SETTINGS, type SettingName, tlsFiles } from "./settings.ts";

describe("listenAddress", () => {
  it.each([
    ["2323", { host: "127.0.0.1", port: 2323 }],
    [":2323", { host: "127.0.0.1", port: 2323 }],
    ["0.0.0.0:23", { host: "0.0.0.0", port: 23 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    ["localhost:65535", { host: "localhost", port: 65_535 }],
    ["off", "off"],
  ])("reads %s", (text, expected) => {
    expect(listenAddress(text)).toEqual(expected);
  });

  it.each(["", "a", "1:2:3", "::1:23", "65536", "host:", "-1", "on"])("refuses %j and says what is right", (text) => {
    expect(() => listenAddress(text)).toThrow(/\[HOST:\]PORT/);
  });
});

describe("portRange", () => {
  it("reads a range", () => expect(portRange("50000-50010")).toEqual({ from: 50_000, to: 50_010 }));
  it.each(["", "1", "2-1", "0-5", "1-65536", "a-b"])("refuses %j", (text) => {
    expect(() => portRange(text)).toThrow(/A-B/);
  });
});

describe("tlsFiles", () => {
  it.each([
    ["self-signed", "self-signed"],
    ["cert.pem,key.pem", { cert: "cert.pem", key: "key.pem" }],
    ["both.pem", { cert: "both.pem", key: "both.pem" }],
  ])("reads %s", (text, expected) => expect(tlsFiles(text)).toEqual(expected));
  it.each(["", ",key.pem", "cert.pem,", "a,b,c"])("refuses %j", (text) => {
    expect(() => tlsFiles(text)).toThrow(/CERT,KEY/);
  });
});

describe("byteSize", () => {
  it.each([
    ["512", 512],
    ["64K", 65_536],
    ["16M", 16_777_216],
    ["2g", 2_147_483_648],
    ["1MiB", 1_048_576],
  ])("reads %s", (text, expected) => expect(byteSize(text)).toBe(expected));
  it.each(["", "K", "1.5M", "1T", "-1"])("refuses %j", (text) => {
    expect(() => byteSize(text)).toThrow(/64K/);
  });
});

describe("addSettings", () => {
  const names = Object.keys(SETTINGS) as SettingName[];
  const parse = (args: string[]) =>
    addSettings(new Command(), names)
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parse(args, { from: "user" })
      .opts();

  it("has safe defaults", () => {
    expect(parse([])).toMatchObject({
      telnet: { host: "127.0.0.1", port: 2323 },
      ftp: { host: "127.0.0.1", port: 2121 },
      user: "micro",
      timeout: 300,
      console: true,
      maxClients: 32,
    });
  });

  it("reads flags", () => {
    expect(parse(["--telnet", "off", "--timeout", "60", "--no-console", "--json"])).toMatchObject({
      telnet: "off",
      timeout: 60,
      console: false,
      json: true,
    });
  });

  it("reads the environment, and a flag wins over it", () => {
    process.env["PORTHOLE_TIMEOUT"] = "77";
    process.env["PORTHOLE_USER"] = "anna";
    try {
      expect(parse(["--user", "bert"])).toMatchObject({ timeout: 77, user: "bert" });
    } finally {
      delete process.env["PORTHOLE_TIMEOUT"];
      delete process.env["PORTHOLE_USER"];
    }
  });

  it.each([
    [["--timeout", "0"], /less than 1/],
    [["--timeout", "x"], /number/],
    [["--timeout", "86401"], /more than 86400/],
    [["--telnet", "nowhere"], /HOST/],
    [["--log-level", "loud"], /Allowed choices/],
    [["--max-clients", "1.5"], /whole number/],
    [["--max-upload", "0"], /less than 1/],
    [["--max-upload", "much"], /a size such as/],
  ])("refuses %j", (args, message) => {
    expect(() => parse(args)).toThrow(message);
  });
});
