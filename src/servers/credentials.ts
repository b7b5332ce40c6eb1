/**
 * The check of one user name and one password.
 *
 * @module
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Authenticate, Right } from "../contracts/credentials.ts";

export const ALL_RIGHTS: ReadonlySet<Right> = new Set([
  "read",
  "write",
  "delete",
  "rename",
  "make-directory",
  "list",
  "prompt",
]);

/**
 * Lets one account in, with all rights.
 *
 * Both names and both passwords are compared as digests of the same length under a key of this process, and always all
 * of them: the time taken tells neither which of the two was wrong nor how much of it was right. Texts are compared in
 * Unicode form NFC, so that an `é` typed as two characters is one.
 */
export function authenticateOne(user: string, password: string): Authenticate {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text.normalize("NFC")).digest();
  const wantedUser = digest(user);
  const wantedPassword = digest(password);
  return async (givenUser, givenPassword) => {
    const userIsRight = timingSafeEqual(digest(givenUser), wantedUser);
    const passwordIsRight = timingSafeEqual(digest(givenPassword.reveal()), wantedPassword);
    // Both have been compared by now: no short cut.
    return Number(userIsRight) + Number(passwordIsRight) === 2 ? { user, rights: ALL_RIGHTS } : undefined;
  };
}
