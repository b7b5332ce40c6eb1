import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    pool: "forks",
    // When to give up, not how long it may take: on a machine with much to do everything takes many times longer.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: { name: "rooms", include: ["src/**/*.test.ts"], maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      // Whole servers, real clients and real time: one file at a time.
      {
        extends: true,
        test: { name: "whole", include: ["test/**/*.test.ts"], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
