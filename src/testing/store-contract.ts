/**
 * The suite that every store runs.
 *
 * @module
 */

import type { Store } from "../contracts/store.ts";
import type { TestRunner } from "./runner.ts";
import { handleTests } from "./store-contract/handles.ts";
import { nameTests } from "./store-contract/names.ts";
import { Subject } from "./store-contract/subject.ts";
import { treeTests } from "./store-contract/tree.ts";
import { uploadTests } from "./store-contract/uploads.ts";

/** What the suite has to know of the store. */
export interface StoreContractOptions {
  /** A writable directory of the store below which the suite works. Default the root. */
  readonly base?: string;
  /** `in-place`: the store shows uploads as they grow, and an aborted one stays. Default `whole`. */
  readonly uploads?: "whole" | "in-place";
}

/**
 * Declares the tests that show that a store keeps the contract of `Store`.
 *
 * @param runner - `describe`, `it` and `expect` of the test runner.
 * @param name - stands before the titles.
 * @param createStore - makes an empty store for one test; the suite closes it.
 * @param options - what the suite has to know of the store.
 * @example
 * import { createMemoryStore } from "porthole";
 * import { storeContract } from "porthole/testing";
 * import { describe, expect, it } from "vitest";
 *
 * storeContract({ describe, it, expect }, "memory", () => createMemoryStore());
 */
export function storeContract(
  runner: TestRunner,
  name: string,
  createStore: () => Store | Promise<Store>,
  options: StoreContractOptions = {},
): void {
  const test = (title: string, body: (subject: Subject) => Promise<void>) => {
    runner.it(title, async () => {
      const store = await createStore();
      try {
        await body(new Subject(store, options.base ?? "/", options.uploads ?? "whole", runner.expect));
      } finally {
        await store.close();
      }
    });
  };
  runner.describe(`${name}: store contract`, () => {
    runner.describe("the tree", () => treeTests(test));
    runner.describe("handles", () => handleTests(test));
    runner.describe("uploads", () => uploadTests(test));
    runner.describe("names", () => nameTests(test));
  });
}
