import { describe, expect, it } from "vitest";
import { parseAddress, parseIpv4 } from "./addresses.ts";

describe("addresses", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1", 4],
    ["127.000.0.01", "127.0.0.1", 4],
    ["::ffff:10.0.0.1", "10.0.0.1", 4],
    ["::FFFF:a00:1", "10.0.0.1", 4],
    ["::1", "0:0:0:0:0:0:0:1", 6],
    ["2001:DB8::7", "2001:db8:0:0:0:0:0:7", 6],
    ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1", 6],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 6],
    ["::", "0:0:0:0:0:0:0:0", 6],
    ["64:ff9b::1.2.3.4", "64:ff9b:0:0:0:0:102:304", 6],
  ])("reads %s as %s", (text, host, family) => {
    expect(parseAddress(text)).toMatchObject({ host, family });
  });

  it.each(["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "::1::", "1:2:3", "1:2:3:4:5:6:7:8:9", "::g", "12345::", "::1.2.3"])(
    "refuses %j",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );

  it("reads dotted octets only", () => {
    expect(parseIpv4("10.0.0.255")).toEqual([10, 0, 0, 255]);
    expect(parseIpv4("::1")).toBeUndefined();
  });
});
