/**
 * What authors of stores, REPLs and clients test with.
 *
 * @module
 */

export { parsePath } from "../protocol/text/path.ts";
