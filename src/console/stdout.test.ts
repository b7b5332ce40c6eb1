import { Console } from "node:console";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { createProgramOutput } from "./stdout.ts";

function stream(): NodeJS.WriteStream & { readonly seen: () => string } {
  const through = new PassThrough();
  return Object.assign(through, { seen: () => String(through.read() ?? "") }) as unknown as NodeJS.WriteStream & {
    readonly seen: () => string;
  };
}

describe("a program's output", () => {
  it("goes elsewhere in order, strings and bytes, and comes back exactly as it was", () => {
    const out = stream();
    const error = stream();
    const shown: string[] = [];
    const output = createProgramOutput([out, error]);
    for (let round = 0; round < 2; round++) {
      const restore = output.redirect((bytes) => {
        shown.push(Buffer.from(bytes).toString());
        return undefined;
      });
      expect(Object.hasOwn(out, "write")).toBe(true);
      expect(out.write("a\n")).toBe(true);
      error.write(Buffer.from("b\n"));
      out.write("Yw==", "base64");
      const logger = new Console(out, error);
      logger.log("d %d", 4);
      logger.error("e");
      restore();
      expect(Object.hasOwn(out, "write")).toBe(false);
      expect(Object.hasOwn(error, "write")).toBe(false);
      expect(out.seen()).toBe("");
    }
    expect(shown.join("")).toBe("a\nb\ncd 4\ne\n".repeat(2));
    out.write("back");
    expect(out.seen()).toBe("back");
  });

  it("keeps a replacement that somebody made before, and one made on top", () => {
    const out = stream();
    const seen: string[] = [];
    const mine = ((chunk: string) => {
      seen.push(chunk);
      return true;
    }) as typeof out.write;
    out.write = mine;
    const restore = createProgramOutput([out]).redirect(() => undefined);
    out.write("hidden");
    restore();
    expect(out.write).toBe(mine);
    const again = createProgramOutput([out]).redirect(() => undefined);
    const below = out.write;
    const top = ((chunk: string) => below.call(out, `top ${chunk}`)) as typeof out.write;
    out.write = top;
    again();
    expect(out.write).toBe(top);
    out.write("passed");
    expect(seen).toEqual(["top passed"]);
  });

  it("calls back, and drains a pipe at the pace of the terminal", async () => {
    const out = stream();
    let size = 0;
    const restore = createProgramOutput([out]).redirect((bytes) => {
      size += bytes.length;
      return new Promise((resolve) => setImmediate(resolve));
    });
    const source = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(1_000)));
    await new Promise<void>((resolve) => {
      source.on("end", resolve);
      source.pipe(out, { end: false });
    });
    await new Promise<void>((resolve) => out.write("end", () => resolve()));
    restore();
    expect(size).toBe(100_003);
    await pipeline(Readable.from(["after"]), out, { end: false });
    expect(out.seen()).toBe("after");
  });
});
