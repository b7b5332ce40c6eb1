/**
 * What authors of stores, REPLs and clients test with.
 *
 * @module
 */

export { parsePath } from "../protocol/text/path.ts";
export type { Expectation, TestRunner } from "./runner.ts";
export { type StoreContractOptions, storeContract } from "./store-contract.ts";
