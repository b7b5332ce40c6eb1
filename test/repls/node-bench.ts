import { onTestFinished } from "vitest";
import { type ConsoleSwitch, createConsoleSwitch } from "../../src/console/switch.ts";
import type { ReplSession } from "../../src/contracts/repl.ts";
import { createNodeRepl, type NodeRepl, type NodeReplOptions } from "../../src/repls/node/node-repl.ts";
import { keys, type Local, localTerminal, type Remote, remoteTerminal } from "./screen.ts";

/** A Node prompt with its local terminal; the test's end closes it. */
export interface Bench {
  readonly repl: NodeRepl;
  readonly console: ConsoleSwitch;
  readonly local: Local;
  login(remote?: Remote): { remote: Remote; session: ReplSession; type(text: string): void };
  type(text: string): void;
}

export function bench(options: NodeReplOptions = {}): Bench {
  const repl = createNodeRepl(options);
  onTestFinished(() => repl.close());
  const local = localTerminal();
  const console = createConsoleSwitch({ repl, local });
  return {
    repl,
    console,
    local,
    login(remote = remoteTerminal()) {
      const session = console.host.open(remote);
      return { remote, session, type: (text) => void session.input(keys(text)) };
    },
    type: (text) => void console.localInput(keys(text)),
  };
}
