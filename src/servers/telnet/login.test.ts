import { describe, expect, it } from "vitest";
import { LoginDialogue, type LoginStep } from "./login.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const begun = (loginMessage?: string) => {
  const dialogue = new LoginDialogue({
    banner: "LineRepl v1",
    ...(loginMessage === undefined ? {} : { loginMessage }),
  });
  return { dialogue, first: dialogue.begin() };
};
const shown = (steps: readonly LoginStep[]) =>
  steps.map((step) => (step.type === "show" ? step.text : `<${step.type}>`)).join("");
const attemptIn = (steps: readonly LoginStep[]) => steps.find((step) => step.type === "attempt");

it("the device's talk, with a client that shows what is typed itself", () => {
  const { dialogue, first } = begun();
  expect(shown(first)).toBe("LineRepl v1\r\nLogin as: ");
  expect(shown(dialogue.receive(bytes("micro\r"), false).steps)).toBe("<named>Password: ");
  const { steps, used } = dialogue.receive(bytes("python\r1+1"), false);
  expect(shown(steps)).toBe("<attempt>");
  expect(used).toBe(7);
  expect(dialogue.wantsKeys).toBe(false);
  const attempt = attemptIn(steps);
  expect(attempt).toMatchObject({ user: "micro", attempt: 1, tooLong: false });
  expect(attempt?.password.reveal()).toBe("python");
  expect(JSON.stringify(steps)).not.toContain("python");
  expect(dialogue.settle(true)).toEqual([]);
  expect(dialogue.successText).toBe('\r\nLogin succeeded!\r\nType "help()" for more information.\r\n');
});

it("with echo the user name is shown, and corrected; the password never is", () => {
  const { dialogue } = begun();
  expect(shown(dialogue.receive(bytes("micor\x7f\x7fro\r"), true).steps)).toBe(
    "micor\b \b\b \bro\r\n<named>Password: ",
  );
  const { steps } = dialogue.receive(bytes("pyx\x7fthon\r"), true);
  expect(shown(steps)).toBe("<attempt>");
  expect(attemptIn(steps)?.password.reveal()).toBe("python");
});

it("three tries, and nothing tells a wrong user from a wrong password", () => {
  const { dialogue } = begun();
  const fail = (user: string, password: string) => {
    dialogue.receive(bytes(`${user}\r`), false);
    dialogue.receive(bytes(`${password}\r`), false);
    return shown(dialogue.settle(false));
  };
  const wrong = "\r\nInvalid credentials, try again.\r\n";
  expect(fail("nobody", "python")).toBe(`${wrong}<pause>`);
  expect(dialogue.wantsKeys).toBe(false);
  expect(shown(dialogue.retry())).toBe("Login as: ");
  expect(fail("micro", "wrong")).toBe(`${wrong}<pause>`);
  dialogue.retry();
  expect(fail("micro", "")).toBe(`${wrong}<refuse>`);
});

it("name and password in one packet: the prompt between them is shown, all keys are used", () => {
  const { dialogue } = begun();
  const { steps, used } = dialogue.receive(bytes("micro\rpython\r"), false);
  expect(shown(steps)).toBe("<named>Password: <attempt>");
  expect(used).toBe(13);
});

it("byte by byte is the same as at once", () => {
  const { dialogue } = begun();
  let all = "";
  for (const octet of bytes("mücro\rpython\r")) all += shown(dialogue.receive(Uint8Array.of(octet), true).steps);
  expect(all).toBe("mücro\r\n<named>Password: <attempt>");
});

it("an Enter too many asks again and is no try", () => {
  const { dialogue } = begun();
  expect(shown(dialogue.receive(bytes("\r\r"), true).steps)).toBe("\r\nLogin as: \r\nLogin as: ");
  expect(attemptIn(dialogue.receive(bytes("micro\rpython\r"), true).steps)?.attempt).toBe(1);
});

it("Ctrl-D on an empty line leaves", () => {
  const { dialogue } = begun();
  expect(shown(dialogue.receive(bytes("\x04"), true).steps)).toBe("<leave>");
  expect(dialogue.wantsKeys).toBe(false);
});

describe("lines that are too long", () => {
  it.each([
    ["micro", "p".repeat(257)],
    ["m".repeat(257), "python"],
  ])("%#", (user, password) => {
    const { dialogue } = begun();
    expect(attemptIn(dialogue.receive(bytes(`${user}\r${password}\r`), false).steps)?.tooLong).toBe(true);
  });
});

it("a text of one's own after the login", () => {
  expect(begun("Willkommen!\nAuf geht's.").dialogue.successText).toBe("\r\nWillkommen!\r\nAuf geht's.\r\n");
});
