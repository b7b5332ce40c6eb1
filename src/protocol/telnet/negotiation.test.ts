/** RFC 1143 §7, row by row, in the RFC's own words for `him`; `us` is the same with WILL for DO. */
import { describe, expect, it } from "vitest";
import { inForce, type QState, RECEIVED, REFUSE, WANTED } from "./negotiation.ts";

type Row = readonly [state: QState, next: QState, send: string, tell: string];

function row(step: { next: QState; send?: "on" | "off"; tell?: string; violation?: true }, state: QState): Row {
  const told = [step.tell, step.violation && "error"].filter((word) => word !== undefined).join(", ");
  return [state, step.next, step.send === undefined ? "" : { on: "DO", off: "DONT" }[step.send], told];
}

const STATES: readonly QState[] = ["no", "yes", "want-no", "want-no-opposite", "want-yes", "want-yes-opposite"];

describe("the Q method (RFC 1143 §7)", () => {
  it("upon receipt of WILL", () => {
    expect(STATES.map((state) => row(RECEIVED[state].on, state))).toEqual([
      ["no", "yes", "DO", "enabled"], // "if we agree that he should enable, him=YES, send DO"
      ["yes", "yes", "", ""], // "ignore"
      ["want-no", "no", "", "disabled, error"], // "error: DONT answered by WILL. him=NO"
      ["want-no-opposite", "yes", "", "error"], // "error: DONT answered by WILL. him=YES, himq=EMPTY"
      ["want-yes", "yes", "", "enabled"], // "him=YES"
      ["want-yes-opposite", "want-no", "DONT", "enabled"], // "him=WANTNO, himq=EMPTY and send DONT"
    ] satisfies Row[]);
    expect(row(REFUSE, "no")).toEqual(["no", "no", "DONT", ""]); // "otherwise, send DONT"
  });

  it("upon receipt of WONT", () => {
    expect(STATES.map((state) => row(RECEIVED[state].off, state))).toEqual([
      ["no", "no", "", ""], // "ignore"
      ["yes", "no", "DONT", "disabled"], // "him=NO, send DONT"
      ["want-no", "no", "", "disabled"], // "him=NO"
      ["want-no-opposite", "want-yes", "DO", "disabled"], // "him=WANTYES, himq=NONE, send DO"
      ["want-yes", "no", "", "refused"], // "him=NO"
      ["want-yes-opposite", "no", "", "refused"], // "him=NO, himq=NONE"
    ] satisfies Row[]);
  });

  it("if we decide to ask him to enable", () => {
    expect(STATES.map((state) => row(WANTED[state].on, state))).toEqual([
      ["no", "want-yes", "DO", ""], // "him=WANTYES, send DO"
      ["yes", "yes", "", ""], // "error: already enabled"
      ["want-no", "want-no-opposite", "", ""], // "queue the request"
      ["want-no-opposite", "want-no-opposite", "", ""], // "error: already queued"
      ["want-yes", "want-yes", "", ""], // "error: already negotiating for enable"
      ["want-yes-opposite", "want-yes", "", ""], // "himq=EMPTY"
    ] satisfies Row[]);
  });

  it("if we decide to ask him to disable", () => {
    expect(STATES.map((state) => row(WANTED[state].off, state))).toEqual([
      ["no", "no", "", ""], // "error: already disabled"
      ["yes", "want-no", "DONT", ""], // "him=WANTNO, send DONT"
      ["want-no", "want-no", "", ""], // "error: already negotiating for disable"
      ["want-no-opposite", "want-no", "", ""], // "himq=EMPTY"
      ["want-yes", "want-yes-opposite", "", ""], // "queue the request"
      ["want-yes-opposite", "want-yes-opposite", "", ""], // "error: already queued"
    ] satisfies Row[]);
  });

  it("has an option in force until its end is confirmed", () => {
    expect(STATES.filter(inForce)).toEqual(["yes", "want-no", "want-no-opposite"]);
  });
});
