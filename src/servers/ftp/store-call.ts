/**
 * The calls of a store that need no data connection.
 *
 * @module
 */

import type { FtpServerEvent } from "../../contracts/events.ts";
import type { Store } from "../../contracts/store.ts";
import type { FtpValue, StoreCall } from "../../protocol/ftp/actions.ts";
import { hashHandle } from "./hash.ts";

/** Runs one call. Rejects as the store does. `stopped` ends a long one early. */
export async function callStore(store: Store, call: StoreCall, stopped: () => boolean): Promise<FtpValue | undefined> {
  switch (call.name) {
    case "stat":
      return { type: "entry", entry: await store.stat(call.path) };
    case "remove":
      await store.remove(call.path);
      return undefined;
    case "make-directory":
      await store.makeDirectory(call.path);
      return undefined;
    case "remove-directory":
      await store.removeDirectory(call.path);
      return undefined;
    case "rename":
      await store.rename(call.path, call.to);
      return undefined;
    case "set-modified":
      await store.setModified(call.path, call.modifiedMs);
      return undefined;
    case "set-mode":
      await store.setMode(call.path, call.mode);
      return undefined;
    case "free-bytes":
      return { type: "number", value: await store.freeBytes(call.path) };
    case "hash": {
      const handle = await store.openRead(call.path, call.startBytes);
      try {
        const most = call.endBytes === undefined ? undefined : call.endBytes - call.startBytes;
        return { type: "text", text: (await hashHandle(handle, call.algorithm, most, stopped)) ?? "" };
      } finally {
        await handle.close();
      }
    }
  }
}

type Change = Pick<FtpServerEvent & { readonly type: "change" }, "change" | "path" | "to">;

/** What a right call changed in the store; undefined: nothing. */
export function changeOf(call: StoreCall): Change | undefined {
  switch (call.name) {
    case "remove":
      return { change: "delete", path: call.path };
    case "rename":
      return { change: "rename", path: call.path, to: call.to };
    case "make-directory":
    case "remove-directory":
    case "set-modified":
    case "set-mode":
      return { change: call.name, path: call.path };
    default:
      return undefined;
  }
}
