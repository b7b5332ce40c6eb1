/**
 * The port that Prometheus asks.
 *
 * @module
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LIMITS } from "../../contracts/limits.ts";
import type { Metrics } from "../../metrics.ts";

export interface MetricsPlace {
  readonly host: string;
  readonly port: number;
}

/** Begins to answer `GET /metrics`. Rejects with what is against it. */
export async function openMetricsPort({ host, port }: MetricsPlace, metrics: Metrics): Promise<MetricsPlace> {
  const timeoutMs = LIMITS.statusRequestSeconds.value * 1000;
  const server = createServer({ requestTimeout: timeoutMs, headersTimeout: timeoutMs, keepAliveTimeout: timeoutMs });
  server.maxConnections = LIMITS.statusConnections.value;
  server.on("request", async ({ method, url = "" }, response) => {
    const [path] = url.split("?");
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (path !== "/metrics") response.writeHead(404).end("The metrics are at /metrics.\n");
    else if (method !== "GET" && method !== "HEAD") response.writeHead(405, { Allow: "GET, HEAD" }).end();
    else {
      try {
        response.setHeader("Content-Type", metrics.contentType).end(await metrics.text());
      } catch (error) {
        response.writeHead(500).end(`${(error as Error).message}\n`);
      }
    }
  });
  server.listen({ host, port });
  await once(server, "listening");
  const { address, port: bound } = server.address() as AddressInfo;
  return { host: address, port: bound };
}
