import { describe, expect, it } from "vitest";
import { Output } from "./output.ts";

const text = (octets: Uint8Array) => new TextDecoder().decode(octets);

describe("what is owed to the peer", () => {
  it("stays as it was taken, however much is taken after it", () => {
    const one = new Output();
    const other = new Output();
    const replies = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat((i * 37) % 700)}\r\n`);
    const taken = replies.map((reply, i) => {
      const output = i % 2 === 0 ? one : other;
      output.append(reply);
      return output.take();
    });
    expect(taken.map(text)).toEqual(replies);
  });

  it("is in order and whole, with octets between and text beyond ASCII", () => {
    const output = new Output();
    output.append("one ");
    output.append("two ");
    output.appendOctets(Uint8Array.of(255, 252));
    output.append("na\u00efve");
    expect([...output.take()]).toEqual([...Buffer.from("one two "), 255, 252, ...Buffer.from("na\u00efve")]);
    expect([output.take().length, output.bytes]).toEqual([0, 0]);
  });
});
