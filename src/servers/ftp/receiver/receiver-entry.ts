/**
 * A receiving thread: takes its turns one after the other.
 *
 * @module
 */

import { accelerator } from "../../../native/accelerator.ts";
import { helperSide } from "../../../native/helper-thread.ts";
import { quickBuffer } from "../buffers.ts";
import { LEAVE, READY, type ReceiveOrder, type ReceiveTiding } from "./messages.ts";
import { receiveTurn } from "./receive-turn.ts";

const BUFFER_BYTES = 524_288;

const side = helperSide<ReceiveOrder | typeof LEAVE, ReceiveTiding | typeof READY>();
const { calls, text } = accelerator();
if (calls === undefined) throw new Error(`a thread cannot receive: ${text}`);

let made: Buffer | undefined;
/** Most turns need none. */
const buffer = (): Buffer => {
  made ??= quickBuffer(BUFFER_BYTES);
  return made;
};

side.serve((order) => {
  if (order === LEAVE) side.leave();
  else side.post(receiveTurn(calls, buffer, order));
});
side.post(READY);
