// An Express app with a prompt: look at its requests, change its answers, add a route, without a restart.
//
//   node examples/http-app.js                                 then, from a second terminal:
//   telnet localhost 2323                                     micro, python
//   > app.locals.hits
//   > app.locals.greeting = "Hello from the prompt.\n"
//   > void app.get("/new", (request, response) => response.send("a new route"))
//   curl localhost:8080/ localhost:8080/new
//
// With Fastify and others it is the same: their `app` goes into the context.
import { once } from "node:events";
import express from "express"; // npm install express
import { network, repl } from "porthole";

const { HTTP_PORT = "8080", PORT = "2323" } = process.env;

const app = express();
app.locals.hits = 0;
app.locals.greeting = "It works.\n";
app.use((_request, _response, next) => {
  app.locals.hits++;
  next();
});
app.get("/", (_request, response) => {
  response.type("text").send(app.locals.greeting);
});

const server = app.listen(Number(HTTP_PORT), "127.0.0.1");
await once(server, "listening");

repl({ context: { app, server } });
if (!network.telnet.start({ port: Number(PORT) })) throw network.telnet.lastError;
const address = server.address();
if (typeof address === "object") console.log(`http on 127.0.0.1:${address?.port}`);
console.log(`telnet on ${network.telnet.status()[2].join(", ")}`);
