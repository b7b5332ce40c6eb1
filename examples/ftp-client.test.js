// The test of a program that uploads reports by FTP, with a real server in the test's own process, files in memory, and
// a connection that breaks just when it hurts.
//
//   node --test examples/ftp-client.test.js
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Client } from "basic-ftp";
import { withFtpServer } from "porthole/testing";

/**
 * The code under test: three tries.
 *
 * @param {{ host: string, port: number, user: string, password: string }} access
 * @param {string} text
 */
async function sendReport(access, text) {
  for (let tries = 3; ; tries--) {
    const client = new Client();
    try {
      await client.access(access);
      await client.uploadFrom(Readable.from([text]), "/reports/today.txt");
      return;
    } catch (error) {
      if (tries === 1) throw error;
    } finally {
      client.close();
    }
  }
}

const files = { "/reports/yesterday.txt": "all well" };

test("the report is there", () =>
  withFtpServer({ files }, async (server) => {
    await sendReport(server, "still well");
    await server.assertFile("/reports/today.txt", "still well");
    server.transcript.assertSaid(["USER micro", /^STOR/]);
  }));

test("it is sent again when the connection breaks in the middle", () =>
  withFtpServer({ files, faults: [{ on: "STOR", do: "reset", afterBytes: 3, control: true }] }, async (server) => {
    await sendReport(server, "still well");
    await server.assertFile("/reports/today.txt", "still well");
  }));

test("it gives up when the disk is full", () =>
  withFtpServer({ faults: [{ on: "STOR", do: "reply", text: "552 Disk full.", times: 3 }] }, async (server) => {
    await assert.rejects(sendReport(server, "still well"), /Disk full/);
    assert.deepEqual(await server.list(), []);
  }));
