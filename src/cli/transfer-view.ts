/**
 * Transfers as they run: a progress bar each on a terminal, and a summary at the end.
 *
 * @module
 */

import type { MultiBar, SingleBar } from "cli-progress";
import type { FtpServerEvent } from "../contracts/events.ts";
import { formatBytes, printable } from "./readable.ts";
import type { SteadyOutput } from "./steady-output.ts";

export interface TransferView {
  /** Shows what an event changes; takes events of every type. */
  event(event: FtpServerEvent): void;
  /** Prints a line, with its end, above the bars. */
  print(line: string): void;
  /** Takes the bars away and returns the summary. */
  end(): string;
}

/** @param out - where bars are drawn; bars only appear when it is a terminal. */
export async function createTransferView(out: SteadyOutput): Promise<TransferView> {
  const bars = new Map<string, SingleBar>();
  const multi = out.isTTY ? await createBars(out) : undefined;
  const total = { files: 0, retrieved: 0, stored: 0, broken: 0 };

  return {
    event(event) {
      if (event.type !== "transfer-start" && event.type !== "transfer-progress" && event.type !== "transfer-end")
        return;
      if (event.kind === "listing") return;
      const key = `${event.sessionId}/${event.transferId}`;
      const download = event.kind === "retrieve";
      if (event.type === "transfer-end") {
        if (event.result === "complete") total.files++;
        else total.broken++;
        if (download) total.retrieved += event.bytes;
        else total.stored += event.bytes;
        const bar = bars.get(key);
        if (bar !== undefined) multi?.remove(bar);
        bars.delete(key);
        return;
      }
      const shown = {
        arrow: download ? "↓" : "↑",
        moved: formatBytes(event.bytes),
        rate: formatBytes(event.seconds > 0 ? event.bytes / event.seconds : 0),
        path: printable(event.path),
      };
      // What has no known size is shown as a bar that is full so far.
      const size = event.totalBytes ?? Math.max(event.bytes, 1);
      const bar = bars.get(key) ?? multi?.create(size, 0, shown);
      if (bar === undefined) return;
      bars.set(key, bar);
      bar.setTotal(size);
      bar.update(event.bytes, shown);
    },
    print(line) {
      if (multi !== undefined && bars.size > 0) multi.log(line);
      else out.write(line);
    },
    end() {
      multi?.stop();
      const broken = total.broken === 0 ? "" : `, ${total.broken} broken off`;
      const files = total.files === 1 ? "1 file" : `${total.files} files`;
      return `${files}: ${formatBytes(total.stored)} received, ${formatBytes(total.retrieved)} sent${broken}`;
    },
  };
}

async function createBars(out: SteadyOutput): Promise<MultiBar> {
  const { MultiBar, Presets } = await import("cli-progress");
  return new MultiBar(
    {
      stream: out as unknown as NodeJS.WritableStream,
      format: " {arrow} {bar} {percentage}% {moved} {rate}/s {path}",
      barsize: 20,
      hideCursor: true,
      clearOnComplete: true,
      emptyOnZero: true,
      noTTYOutput: false,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
}
