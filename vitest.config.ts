import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    testTimeout: 20_000,
    // Real clients and threads share whatever machine CI has; a test that needed its second try is named so in the report.
    retry: process.env["CI"] === undefined ? 0 : 1,
    hookTimeout: 30_000,
  },
});
