/**
 * Entries as lines of a listing.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { Entry } from "../../contracts/store.ts";
import type { FtpTransfer } from "./actions.ts";

/**
 * Formats one entry as one line, without a line end; undefined when it is not to be sent: it doesn't match, or its name
 * cannot be told on one line.
 */
export type ListingFormatter = (entry: Entry) => string | undefined;

export type ListingTransfer = FtpTransfer & { readonly kind: "listing" };

/** The formatter for one listing. `nowMs` decides whether LIST shows the year or the time of day. */
export type CreateListingFormatter = (transfer: ListingTransfer, account: Account, nowMs: number) => ListingFormatter;
