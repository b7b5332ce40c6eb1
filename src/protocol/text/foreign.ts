/**
 * What is no client of ours: a browser, a TLS hello or an SSH client that has come to the wrong port, by mistake or
 * because somebody sent it here.
 *
 * @module
 */

export type ForeignProtocol = "HTTP" | "TLS" | "SSH";

export const HTTP_METHODS: ReadonlySet<string> = new Set(
  "GET HEAD POST PUT DELETE OPTIONS CONNECT TRACE PATCH PRI PROPFIND".split(" "),
);

/** First octet of a TLS record that holds a handshake message. */
export const TLS_HANDSHAKE = 22;

/**
 * What a connection speaks whose first packet this is; undefined when it may be a person's keys. An HTTP request line
 * is known by its method and the target's first character: a name of that form is nobody's.
 */
export function foreignProtocol(first: Uint8Array): ForeignProtocol | undefined {
  if (first[0] === TLS_HANDSHAKE && (first.length === 1 || first[1] === 3)) return "TLS";
  const text = String.fromCharCode(...first.subarray(0, 16));
  if (text.startsWith("SSH-")) return "SSH";
  const [method = "", target = ""] = text.split(" ", 2);
  return HTTP_METHODS.has(method) && /^[/*hH]/.test(target) ? "HTTP" : undefined;
}
