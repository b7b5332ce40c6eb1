/**
 * What the board's thread and the thread that made it tell each other, beside the shared block.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { BoardScript } from "./board-script.ts";
import type { InterruptAddresses } from "./interrupt.ts";
import type { ReplDraft } from "./repl-driver.ts";

/** Where things are in the interpreter's memory; the same for all boards with the same module. */
export interface KnownAddresses {
  readonly interrupt: InterruptAddresses;
  readonly editor: number | undefined;
}

export type ResetCause = "power" | "hard" | "soft";

export interface BoardThreadData {
  readonly control: SharedArrayBuffer;
  readonly commands: MessagePort;
  readonly calls: MessagePort;
  readonly module: WebAssembly.Module;
  readonly mounts: Readonly<Record<string, string>>;
  readonly banner: string;
  readonly uniqueId: string;
  readonly frequencyHz: number;
  readonly cause: ResetCause;
  /** Begin in the raw REPL, without `main.py`. */
  readonly raw: boolean;
  readonly script: BoardScript | undefined;
  readonly addresses: KnownAddresses | undefined;
}

/** To the board; handled between two bytes of input. `seat` is the new value of the shared word. */
export type BoardCommand =
  | { readonly type: "suspend"; readonly seat: number }
  | {
      readonly type: "resume";
      readonly seat: number;
      /** The draft to show; when it has not come yet, the seat of the `suspend` that asked for it. */
      readonly draft: ReplDraft | undefined;
      readonly draftOf: number | undefined;
    };

/** From the board. */
export type BoardMessage =
  | { readonly type: "started"; readonly memory: WebAssembly.Memory; readonly addresses: InterruptAddresses }
  | { readonly type: "prompt"; readonly addresses: KnownAddresses }
  | { readonly type: "output" }
  | { readonly type: "room" }
  | { readonly type: "draft"; readonly seat: number; readonly draft: ReplDraft }
  | { readonly type: "reset"; readonly kind: "soft" | "hard"; readonly raw: boolean }
  | { readonly type: "ended"; readonly exitCode: number }
  | { readonly type: "crashed"; readonly text: string };
