/**
 * What a running command is asked: one line of JSON.
 *
 * @module
 */

export type InstanceRequest =
  | { readonly do: "status" }
  | { readonly do: "watch" }
  | { readonly do: "kick"; readonly session: string };

/** @returns undefined when it is no request. */
export function parseRequest(text: string): InstanceRequest | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof request !== "object" || request === null || !("do" in request)) return undefined;
  if (request.do === "status" || request.do === "watch") return { do: request.do };
  if (request.do === "kick" && "session" in request && typeof request.session === "string") {
    return { do: "kick", session: request.session };
  }
  return undefined;
}

/** `ftp/3` taken apart; undefined when it is no session. */
export function parseSession(text: string): { readonly service: "telnet" | "ftp"; readonly id: number } | undefined {
  const [, service, id] = /^(ftp|telnet)\/(\d{1,15})$/.exec(text) ?? [];
  return service === "ftp" || service === "telnet" ? { service, id: Number(id) } : undefined;
}
