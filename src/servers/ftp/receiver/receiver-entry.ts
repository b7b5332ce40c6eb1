/**
 * A receiving thread: takes its turns one after the other.
 *
 * @module
 */

import { accelerator } from "../../../native/accelerator.ts";
import { helperSide } from "../../../native/helper-thread.ts";
import { BufferPool } from "../buffers.ts";
import { LEAVE, type ReceiveOrder, type ReceiveTiding } from "./messages.ts";
import { receiveTurn } from "./receive-turn.ts";

const BUFFER_BYTES = 524_288;

const side = helperSide<ReceiveOrder | typeof LEAVE, ReceiveTiding>();
const { calls, text } = accelerator();
const buffer = new BufferPool(BUFFER_BYTES).take(BUFFER_BYTES);
if (calls === undefined || buffer === undefined) throw new Error(`a thread cannot receive: ${text}`);

side.serve((order) => {
  if (order === LEAVE) side.leave();
  else side.post(receiveTurn(calls, buffer, order));
});
