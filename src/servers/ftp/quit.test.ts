import { expect, it } from "vitest";
import { endsWithQuit } from "./quit.ts";

it.each([
  ["QUIT\r\n", true],
  ["NOOP\r\nquit\n", true],
  ["Quit", true],
  ["QUIT\r\n\r\n", true],
  ["", false],
  ["\r\n", false],
  ["IT\r\n", false],
  ["QUIT now\r\n", false],
  ["QUIT\r\nNOOP\r\n", false],
])("endsWithQuit: %j is %s", (text, is) => {
  expect(endsWithQuit(Buffer.from(text))).toBe(is);
});
