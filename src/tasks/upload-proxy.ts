/**
 * Finished uploads that the program decides about, asked from a task's thread. While the program is busy, the client
 * waits for its reply.
 *
 * @module
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { LIMITS } from "../contracts/limits.ts";
import type { OnUpload, UploadDetails, UploadedFile } from "../servers/ftp/uploaded-file.ts";
import { answerCalls, CallPort } from "./call-port.ts";

/** From the thread: a file has come; its content is had through `port`. */
interface UploadCall {
  readonly details: UploadDetails;
  readonly path: UploadedFile["path"];
  readonly port: MessagePort;
}

/** From the program: what it wants of the content. */
type ContentCall =
  | { readonly name: "sha256" }
  | { readonly name: "open" }
  | { readonly name: "next" | "end"; readonly reading: number };

/** Program's side: asks `onUpload`. */
export function serveUploads(onUpload: OnUpload, port: MessagePort): void {
  answerCalls<UploadCall>(port, async ({ details, path, port: contentPort }) => {
    const content = new CallPort<ContentCall>(contentPort, LIMITS.taskStoreCalls.value);
    try {
      return { value: await onUpload(createFile(details, path, content)) };
    } finally {
      contentPort.close();
    }
  });
}

function createFile(details: UploadDetails, path: UploadedFile["path"], content: CallPort<ContentCall>): UploadedFile {
  return {
    ...details,
    path,
    async *chunks() {
      const reading = (await content.call({ name: "open" })) as number;
      try {
        for (;;) {
          const bytes = (await content.call({ name: "next", reading })) as Uint8Array | undefined;
          if (bytes === undefined) return;
          yield bytes;
        }
      } finally {
        await content.call({ name: "end", reading });
      }
    },
    sha256: async () => (await content.call({ name: "sha256" })) as string,
  };
}

/** Thread's side. */
export function createUploadProxy(port: MessagePort): OnUpload {
  const calls = new CallPort<UploadCall>(port, LIMITS.taskStoreCalls.value);
  return async function onUpload(file) {
    const { user, address, sizeBytes, inPlace, path } = file;
    const { port1, port2 } = new MessageChannel();
    serveContent(file, port1);
    const details = { user, address, sizeBytes, inPlace };
    try {
      return (await calls.call({ details, path, port: port2 }, [port2])) as string | undefined;
    } finally {
      port1.close();
    }
  };
}

function serveContent(file: UploadedFile, port: MessagePort): void {
  const readings = new Map<number, AsyncIterator<Uint8Array>>();
  let last = 0;
  answerCalls<ContentCall>(port, async (call) => {
    switch (call.name) {
      case "sha256":
        return { value: await file.sha256() };
      case "open":
        readings.set(++last, file.chunks()[Symbol.asyncIterator]());
        return { value: last };
      case "next": {
        const step = await readings.get(call.reading)?.next();
        return { value: step === undefined || step.done === true ? undefined : step.value };
      }
      case "end": {
        const reading = readings.get(call.reading);
        readings.delete(call.reading);
        await reading?.return?.();
        return {};
      }
    }
  });
}
