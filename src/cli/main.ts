#!/usr/bin/env node
/**
 * The command `porthole`. The version is told without anything else being loaded.
 *
 * @module
 */

import { VERSION } from "./version.ts";

const [first, second, third] = process.argv.slice(2);
if ((first === "--version" || first === "-V") && second === undefined) console.log(VERSION);
else if ((first === "--version" || first === "-V") && second === "--verbose" && third === undefined) {
  const { accelerator } = await import("../native/accelerator.ts");
  console.log(`porthole ${VERSION}
node ${process.version} for ${process.platform} ${process.arch}
accelerator: ${accelerator().text}`);
} else await import("./program.ts");
