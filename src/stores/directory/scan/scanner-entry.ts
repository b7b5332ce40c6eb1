/**
 * The scanning thread: reads the pages of directories that it is asked for, one after the other.
 *
 * @module
 */

import { accelerator } from "../../../native/accelerator.ts";
import { DirectoryPage } from "../../../native/directory-page.ts";
import { helperSide } from "../../../native/helper-thread.ts";
import { Claim, LEAVE, type ScanOrder, type ScanTiding } from "./messages.ts";

const side = helperSide<ScanOrder | typeof LEAVE, ScanTiding>();
const { calls, text } = accelerator();
if (calls === undefined) throw new Error(`a thread cannot read directories: ${text}`);

side.serve((order) => {
  if (order === LEAVE) {
    side.leave();
    return;
  }
  const page = new DirectoryPage(order.page);
  const isMine = Atomics.compareExchange(page.claim, 0, Claim.open, Claim.taken) === Claim.open;
  side.post({ id: order.id, count: isMine ? calls.scanDirectory(order.directory, page) : undefined });
});
side.post("ready");
