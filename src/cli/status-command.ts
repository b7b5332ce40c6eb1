/**
 * `porthole status` and `porthole kick`: what this user's running commands are doing, and sending a client away.
 *
 * @module
 */

import { CommandFailure } from "./failure.ts";
import { type Answered, askAll, kick, watch } from "./instance/ask.ts";
import { createLiveView } from "./live-view.ts";
import { statusText } from "./status-text.ts";

export interface StatusSettings {
  readonly pid?: number;
  readonly watch?: boolean;
  readonly json?: boolean;
}

export async function runStatusCommand(settings: StatusSettings): Promise<void> {
  const answered = await askAll(settings.pid);
  if (answered.length === 0) throw new CommandFailure(nothing(settings.pid));
  const { stdout } = process;
  if (settings.watch !== true) {
    for (const one of answered) stdout.write(settings.json === true ? `${JSON.stringify(one)}\n` : statusText(one));
    return;
  }
  const view = createLiveView(stdout);
  if (stdout.isTTY && settings.json !== true) {
    process.once("SIGINT", () => {
      stdout.write("\n"); // what was shown last stays
      process.exit(130);
    });
  }
  const shown = new Map<number, Answered>(answered.map((one) => [one.pid, one]));
  const show = (changed: Answered): void => {
    shown.set(changed.pid, changed);
    if (settings.json === true) stdout.write(`${JSON.stringify(changed)}\n`);
    else if (stdout.isTTY) view.show([...shown.values()].map((one) => statusText(one, true)).join("\n"));
    else stdout.write(statusText(changed));
  };
  await Promise.all(
    answered.map(async ({ pid }) => {
      for await (const state of watch(pid)) show(state);
      shown.delete(pid);
    }),
  );
  view.end();
}

export interface KickSettings {
  readonly pid?: number;
}

/** @param whom - a session such as `ftp/3`, or a user's name for all sessions of that user. */
export async function runKickCommand(whom: string, settings: KickSettings): Promise<void> {
  const answered = await askAll(settings.pid);
  if (answered.length === 0) throw new CommandFailure(nothing(settings.pid));
  const found = answered.flatMap((one) =>
    "silent" in one
      ? []
      : one.sessions
          .filter(({ session, user }) => session === whom || user === whom)
          .map(({ session }) => ({ pid: one.pid, session })),
  );
  const processes = new Set(found.map(({ pid }) => pid));
  if (processes.size > 1) {
    throw new CommandFailure(`${whom} is in processes ${[...processes].join(" and ")}; name one with --pid`);
  }
  let kicked = 0;
  for (const { pid, session } of found) {
    if (!(await kick(pid, session))) continue;
    kicked++;
    process.stdout.write(`${session} was sent away\n`);
  }
  if (kicked === 0) throw new CommandFailure(`there is no session and no user ${whom}; porthole status shows them`);
}

function nothing(pid: number | undefined): string {
  return pid === undefined
    ? "no porthole of this user runs"
    : `process ${pid} is no porthole of this user that runs; porthole status shows those that are`;
}
