/**
 * The PROXY protocol's header, versions 1 and 2: who the client of a proxy is. Only a connection from a proxy that the
 * owner has named may begin with one.
 *
 * @see https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 * @module
 */

export interface ProxiedPeer {
  /** IPv4 dotted or IPv6 in groups. */
  readonly address: string;
  readonly port: number;
}

export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly type: "more" }
  /** No header of this protocol, or a broken one: close the connection. */
  | { readonly type: "invalid" }
  /** `itself`: the proxy's own connection, such as a health check. `unknown`: of a client whose address it can't say. */
  | { readonly type: "header"; readonly bytes: number; readonly peer: ProxiedPeer | "itself" | "unknown" };

const V1 = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]; // "PROXY "
const V2 = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** The longest line of version 1, CR LF included. */
const V1_LINE_BYTES = 107;
/** Addresses of version 2 and what may follow them (TLVs); a longer header is refused. */
const V2_PAYLOAD_BYTES = 2_048;

/** Reads the header at the beginning of a connection; `received` is all that came so far. */
export function parseProxyHeader(received: Uint8Array): ProxyHeader {
  if (startsAs(received, V2)) return received.length < 16 ? { type: "more" } : parseV2(received);
  if (startsAs(received, V1)) return parseV1(received);
  return { type: "invalid" };
}

function startsAs(received: Uint8Array, signature: readonly number[]): boolean {
  const length = Math.min(received.length, signature.length);
  for (let i = 0; i < length; i++) if (received[i] !== signature[i]) return false;
  return true;
}

function parseV1(received: Uint8Array): ProxyHeader {
  const end = received.subarray(0, V1_LINE_BYTES).indexOf(10);
  if (end < 0) return { type: received.length < V1_LINE_BYTES ? "more" : "invalid" };
  const line = String.fromCharCode(...received.subarray(0, end + 1));
  const bytes = end + 1;
  if (/^PROXY UNKNOWN(?: [ -~]*)?\r\n$/.test(line)) return { type: "header", bytes, peer: "unknown" };
  const match = /^PROXY (TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r\n$/.exec(line);
  const [, family, address = "", , port = ""] = match ?? [];
  const valid = family === "TCP4" ? isIPv4(address) : family === "TCP6" && isIPv6(address);
  if (!valid || Number(port) > 65_535) return { type: "invalid" };
  return { type: "header", bytes, peer: { address: unmapped(address), port: Number(port) } };
}

function parseV2(received: Uint8Array): ProxyHeader {
  const view = new DataView(received.buffer, received.byteOffset, received.byteLength);
  const versionAndCommand = view.getUint8(12);
  const family = view.getUint8(13) >> 4;
  const payload = view.getUint16(14);
  if (versionAndCommand >> 4 !== 2 || payload > V2_PAYLOAD_BYTES) return { type: "invalid" };
  const bytes = 16 + payload;
  if (received.length < bytes) return { type: "more" };
  const command = versionAndCommand & 15;
  if (command > 1) return { type: "invalid" };
  if (command === 0) return { type: "header", bytes, peer: "itself" };
  if (family === 0 || family === 3) return { type: "header", bytes, peer: "unknown" };
  if (family === 1 && payload >= 12) {
    const address = [16, 17, 18, 19].map((at) => view.getUint8(at)).join(".");
    return { type: "header", bytes, peer: { address, port: view.getUint16(24) } };
  }
  if (family === 2 && payload >= 36) {
    const address = Array.from({ length: 8 }, (_, i) => view.getUint16(16 + 2 * i).toString(16)).join(":");
    return { type: "header", bytes, peer: { address: unmapped(address), port: view.getUint16(48) } };
  }
  return { type: "invalid" };
}

function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** An IPv4 client of a proxy that listens on IPv6 too: RFC 4291 §2.5.5.2. Else all of them would be of one network. */
function unmapped(address: string): string {
  const dotted = /^(?:::|(?:0{1,4}:){5})ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^(?:::|(?:0{1,4}:){5})ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join(".");
}

function isIPv6(text: string): boolean {
  const mapped = /^(.*:ffff:)([\d.]+)$/i.exec(text);
  if (mapped !== null) return isIPv4(mapped[2] ?? "") && isIPv6(`${mapped[1]}0:0`);
  if (!/^[\da-f:]{2,39}$/i.test(text)) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const right = halves.length === 2 ? groups.length < 8 : groups.length === 8;
  return right && groups.every((group) => /^[\da-f]{1,4}$/i.test(group));
}
