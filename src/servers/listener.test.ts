import { connect } from "node:net";
import { expect, it } from "vitest";
import { openListener } from "./listener.ts";

const unexpected = (error: Error) => {
  throw error;
};

it("tells the port it got, and why a port cannot be had", async () => {
  let accepted: () => void;
  const connection = new Promise<void>((resolve) => {
    accepted = resolve;
  });
  const options = {
    host: "127.0.0.1",
    service: "telnet",
    onConnection: () => accepted(),
    onError: unexpected,
  };
  const listener = await openListener({ ...options, port: 0 });
  expect(listener.port).toBeGreaterThan(0);
  await expect(openListener({ ...options, port: listener.port })).rejects.toMatchObject({
    code: "PORTHOLE_ERR_ADDRESS_IN_USE",
    message: `cannot start telnet: 127.0.0.1:${listener.port} is in use; pass another port or stop its owner`,
  });
  await expect(openListener({ ...options, host: "192.0.2.1", port: 0 })).rejects.toMatchObject({
    code: "PORTHOLE_ERR_ADDRESS",
    cause: { code: "EADDRNOTAVAIL" },
  });

  const client = connect(listener.port, listener.host);
  await connection;
  await listener.close();
  const again = await openListener({ ...options, port: listener.port });
  expect(again.port).toBe(listener.port);
  await again.close();
  client.destroy();
});
