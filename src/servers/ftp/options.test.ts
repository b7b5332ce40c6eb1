import { describe, expect, it } from "vitest";
import type { Store } from "../../contracts/store.ts";
import { parseFtpOptions, parseListenOptions } from "./options.ts";
import type { FtpServerOptions } from "./settings.ts";

const store = { openRead: () => Promise.reject(new Error("unused")) } as unknown as Store;
const wrong = (options: Record<string, unknown>) => () =>
  parseFtpOptions({ store, ...options } as unknown as FtpServerOptions);

describe("the options of an FTP server", () => {
  it("have the device's user and password, and this project's limits, by default", () => {
    expect(parseFtpOptions({ store })).toMatchObject({
      user: "micro",
      password: "python",
      idleMs: 300_000,
      buffsizeBytes: 1_048_576,
      maxClients: 32,
      active: false,
      readOnly: false,
      passivePorts: undefined,
    });
    expect(parseListenOptions({})).toMatchObject({ host: "127.0.0.1", port: 2121 });
  });

  it("restore the device's limits in one word", () => {
    expect(parseFtpOptions({ store, limits: "device" })).toMatchObject({
      maxClients: 1,
      buffsizeBytes: 1_024,
      passivePorts: { from: 2024, to: 2024 },
      deviceLimits: true,
    });
    expect(parseFtpOptions({ store, limits: "device", passivePorts: { from: 4000, to: 4001 } }).passivePorts).toEqual({
      from: 4000,
      to: 4001,
    });
    expect(wrong({ limits: "device", buffsize: 10_241 })).toThrow(RangeError);
    expect(wrong({ limits: "device", timeout: 119 })).toThrow(RangeError);
    expect(wrong({ limits: "device", maxClients: 2 })).toThrow(RangeError);
    expect(wrong({ limits: "device", active: true })).toThrow(RangeError);
  });

  it.each([
    [{ timeout: 0 }, RangeError],
    [{ timeout: 86_401 }, RangeError],
    [{ timeout: "300" }, TypeError],
    [{ buffsize: 511 }, RangeError],
    [{ buffsize: 16_777_217 }, RangeError],
    [{ maxClients: 0 }, RangeError],
    [{ maxUploadBytes: 0 }, RangeError],
    [{ maxUploadBytes: "5M" }, TypeError],
    [{ passivePorts: { from: 5000, to: 4999 } }, RangeError],
    [{ passivePorts: { from: 0, to: 10 } }, RangeError],
    [{ passiveHost: "example.org" }, RangeError],
    [{ authenticate: async () => undefined, password: "x" }, TypeError],
    [{ store: undefined }, TypeError],
    [{ maxclients: 3 }, TypeError],
  ])("refuse %j", (options, kind) => {
    expect(wrong(options)).toThrow(kind);
    expect(wrong(options)).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_ARGUMENT" }));
  });

  it("do not repeat a wrong password", () => {
    expect(wrong({ password: 12_345 })).not.toThrow(/12.?345/);
  });
});
