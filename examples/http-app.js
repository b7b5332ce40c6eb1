// A web server with a prompt: look at its requests, change its answers, without a restart.
//
//   node examples/http-app.js                                 then, from a second terminal:
//   telnet localhost 2323                                     micro, python
//   > app.hits
//   > app.routes["/hello"] = () => "hello from the prompt"
//   curl localhost:8080/hello
//
// With Express or Fastify it is the same: their `app` goes into `repl({ context: { app } })`, and a handler that looks
// its answer up in an object, as this one does, can be changed while it runs.
import { once } from "node:events";
import { createServer } from "node:http";
import { network, repl } from "porthole";

const app = {
  hits: 0,
  /** @type {Record<string, (url: URL) => string>} */
  routes: {
    "/": () => "It works.\n",
    "/time": () => `${new Date().toISOString()}\n`,
  },
};

const server = createServer((request, response) => {
  app.hits++;
  const url = new URL(request.url ?? "/", "http://localhost");
  const route = Object.hasOwn(app.routes, url.pathname) ? app.routes[url.pathname] : undefined;
  response.statusCode = route === undefined ? 404 : 200;
  response.end(route === undefined ? "There is nothing here.\n" : route(url));
});
const { HTTP_PORT = "8080", PORT = "2323" } = process.env;
server.listen(Number(HTTP_PORT), "127.0.0.1");
await once(server, "listening");

repl({ context: { app, server } });
if (!network.telnet.start({ port: Number(PORT) })) throw network.telnet.lastError;
const address = server.address();
if (typeof address === "object") console.log(`http on 127.0.0.1:${address?.port}`);
console.log(`telnet on ${network.telnet.status()[2].join(", ")}`);
