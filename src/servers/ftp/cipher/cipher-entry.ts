/**
 * A cipher thread: encrypts and decrypts for the data connections that it is handed.
 *
 * @module
 */

import { helperSide, TravellingDescriptor } from "../../../native/helper-thread.ts";
import type { TlsContext } from "../../tls.ts";
import { secureContext, type TlsMaterial } from "../../tls-material.ts";
import { FarConnection } from "./far-connection.ts";
import type { CipherOrder, CipherTiding } from "./messages.ts";

/** Contexts that are kept: a server has one, but where sessions must be resumed each control connection has its own. */
const KEPT_CONTEXTS = 8;

const side = helperSide<CipherOrder, CipherTiding>();
const connections = new Map<number, FarConnection>();
const contexts = new Map<string, TlsContext>();

side.serve((order) => {
  switch (order.type) {
    case "open":
      return open(order);
    case "write":
      return connections.get(order.id)?.write(order.bytes);
    case "end":
      return connections.get(order.id)?.end();
    case "free":
      return connections.get(order.id)?.free(order.buffer);
    case "destroy":
      return connections.get(order.id)?.destroy();
    case "leave":
      return side.leave();
  }
});

function open({ material, owner, ...options }: Extract<CipherOrder, { type: "open" }>): void {
  const { id } = options;
  // Made before the descriptor is ours: what throws here ends the thread, and leaves nothing open.
  const context = contextOf(material);
  if (!TravellingDescriptor.arrive(owner)) return;
  connections.set(
    id,
    new FarConnection({ ...options, context, tell: side.post, closed: () => void connections.delete(id) }),
  );
}

function contextOf(material: TlsMaterial): TlsContext {
  const name = `${Buffer.from(material.ticketKeys).toString("base64")} ${material.cert}`;
  const context = contexts.get(name) ?? { current: secureContext(material) };
  contexts.delete(name);
  contexts.set(name, context);
  for (const oldest of contexts.keys()) {
    if (contexts.size <= KEPT_CONTEXTS) break;
    contexts.delete(oldest);
  }
  return context;
}
