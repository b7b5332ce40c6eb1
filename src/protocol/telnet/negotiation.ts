/**
 * Option negotiation by the Q method of RFC 1143: what each state does with what the peer says and with what we want.
 *
 * The RFC writes the rules for `him` (WILL and WONT arrive, DO and DONT are sent) and says that `us` is the same with
 * the verbs changed over. So one table serves both: "on" is WILL or DO, "off" is WONT or DONT.
 *
 * @module
 */

/** Whose option: ours or the peer's; the words of RFC 1143. */
export type Side = "us" | "him";

/** RFC 1143 §7; "opposite" means that the queue bit is set: the contrary is asked for once the answer is there. */
export type QState = "no" | "yes" | "want-no" | "want-no-opposite" | "want-yes" | "want-yes-opposite";

/** What became of an option; `refused` only ever answers a request of our own. */
export type OptionResult = "enabled" | "disabled" | "refused";

/** One row: the state afterwards, what is sent, what our caller is told, and whether the peer broke the rules. */
export interface Step {
  readonly next: QState;
  readonly send?: "on" | "off";
  readonly tell?: OptionResult;
  readonly violation?: true;
}

/**
 * "Upon receipt of WILL" and "upon receipt of WONT", RFC 1143 §7. Row `no`/on stands for an option that we agree to;
 * {@link REFUSE} for any other.
 */
export const RECEIVED: Readonly<Record<QState, Readonly<Record<"on" | "off", Step>>>> = {
  no: {
    on: { next: "yes", send: "on", tell: "enabled" },
    off: { next: "no" },
  },
  yes: {
    on: { next: "yes" },
    off: { next: "no", send: "off", tell: "disabled" },
  },
  "want-no": {
    on: { next: "no", tell: "disabled", violation: true }, // DONT answered by WILL
    off: { next: "no", tell: "disabled" },
  },
  "want-no-opposite": {
    on: { next: "yes", violation: true }, // DONT answered by WILL; it was never off
    off: { next: "want-yes", send: "on", tell: "disabled" },
  },
  "want-yes": {
    on: { next: "yes", tell: "enabled" },
    off: { next: "no", tell: "refused" },
  },
  "want-yes-opposite": {
    on: { next: "want-no", send: "off", tell: "enabled" },
    off: { next: "no", tell: "refused" },
  },
};

/** WILL or DO for an option that we don't agree to. */
export const REFUSE: Step = { next: "no", send: "off" };

/** "If we decide to ask him to enable" and "… to disable", RFC 1143 §7. What the RFC calls an error does nothing here. */
export const WANTED: Readonly<Record<QState, Readonly<Record<"on" | "off", Step>>>> = {
  no: {
    on: { next: "want-yes", send: "on" },
    off: { next: "no" },
  },
  yes: {
    on: { next: "yes" },
    off: { next: "want-no", send: "off" },
  },
  "want-no": {
    on: { next: "want-no-opposite" },
    off: { next: "want-no" },
  },
  "want-no-opposite": {
    on: { next: "want-no-opposite" },
    off: { next: "want-no" },
  },
  "want-yes": {
    on: { next: "want-yes" },
    off: { next: "want-yes-opposite" },
  },
  "want-yes-opposite": {
    on: { next: "want-yes" },
    off: { next: "want-yes-opposite" },
  },
};

/** True while the option holds: it is on, or we have asked to end it and the peer has not confirmed. */
export function inForce(state: QState): boolean {
  return state === "yes" || state === "want-no" || state === "want-no-opposite";
}
