import { expect, it } from "vitest";
import { type SessionState, SessionStates } from "./session-states.ts";

const idle: SessionState = { state: 7, dataState: 0 };
const sending: SessionState = { state: 5, dataState: 2 };
const listing: SessionState = { state: 4, dataState: 1 };

it("tells of the session that does most, also when it comes and goes between others", () => {
  const states = new SessionStates();
  expect([states.busiest, states.dataState]).toEqual([undefined, 0]);
  states.change(undefined, idle);
  states.change(undefined, idle);
  expect([states.busiest, states.dataState]).toEqual([7, 0]);
  states.change(idle, listing);
  expect([states.busiest, states.dataState]).toEqual([4, 1]);
  states.change(idle, sending);
  expect([states.busiest, states.dataState]).toEqual([5, 2]);
  states.change(sending, undefined);
  expect([states.busiest, states.dataState]).toEqual([4, 1]);
  states.change(listing, undefined);
  expect([states.busiest, states.dataState]).toEqual([undefined, 0]);
});
