import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createDirectoryStore, type DirectoryStoreOptions } from "../../src/stores/directory.ts";
import { storeContract } from "../../src/testing/store-contract.ts";

const base = mkdtempSync(join(tmpdir(), "porthole-directory-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function create(options: Omit<DirectoryStoreOptions, "root"> = {}) {
  return () => createDirectoryStore({ root: mkdtempSync(join(base, "root-")), ...options });
}

const runner = { describe, it, expect };
storeContract(runner, "directory", create());
storeContract(runner, "directory, in place", create({ uploads: "in-place" }), { uploads: "in-place" });
storeContract(runner, "directory, fsync", create({ durability: "fsync" }));
storeContract(runner, "directory, without the accelerator", create({ accelerator: false }));
storeContract(runner, "directory, checked", create({ confinement: "checked" }));
