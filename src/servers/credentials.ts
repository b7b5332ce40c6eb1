/**
 * The check of one user name and one password.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import type { Account, Authenticate, Right } from "../contracts/credentials.ts";

export const ALL_RIGHTS: ReadonlySet<Right> = new Set([
  "read",
  "write",
  "delete",
  "rename",
  "make-directory",
  "list",
  "prompt",
]);

/** Texts up to so many bytes are compared in the same time. */
const COMPARED_BYTES = 1024;
const LENGTH_BYTES = 4;

/**
 * Lets one account in, with all rights.
 *
 * Both names and both passwords are compared at the same length, however long they are, and always all of them: the time
 * taken tells neither which of the two was wrong nor how much of it was right. Texts are compared in Unicode form NFC, so
 * that an `é` typed as two characters is one.
 */
export function authenticateOne(user: string, password: string): Authenticate {
  const isUser = comparison(user);
  const isPassword = comparison(password);
  const account: Account = { user, rights: ALL_RIGHTS };
  return async (givenUser, givenPassword) => {
    const userIsRight = isUser(givenUser);
    const passwordIsRight = isPassword(givenPassword.reveal());
    // Both have been compared by now: no short cut.
    return Number(userIsRight) + Number(passwordIsRight) === 2 ? account : undefined;
  };
}

/** Tells whether a text is this one. */
function comparison(text: string): (given: string) => boolean {
  const size = LENGTH_BYTES + Math.max(COMPARED_BYTES, Buffer.byteLength(text.normalize("NFC")));
  const wanted = Buffer.alloc(size);
  const compared = Buffer.alloc(size);
  write(wanted, text);
  return (given) => {
    write(compared, given);
    const same = timingSafeEqual(compared, wanted);
    compared.fill(0);
    return same;
  };
}

/** Puts a text's length and its beginning, as far as there is room, into zeros: what is longer has another length. */
function write(zeros: Buffer, text: string): void {
  const normal = text.normalize("NFC");
  zeros.writeUInt32LE(Buffer.byteLength(normal));
  zeros.write(normal, LENGTH_BYTES);
}
