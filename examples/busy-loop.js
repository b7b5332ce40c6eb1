// A program with a bug that loops. Log in, look, interrupt, repair, go on; its other work never ends.
//
//   node examples/busy-loop.js                                then, from a second terminal:
//   telnet localhost 2323                                     micro, python
//   > report()                                                never comes back: press Ctrl-C
//   KeyboardInterrupt
//   > report.toString()                                       what does it wait for?
//   > settings.step                                           0: so the loop never gets on
//   > settings.step = 10
//   > report()
//   'ticks 0, 10, 20, 30, 40, 50, 60, 70, 80, 90'
//   > ticks                                                   the rest of the program has gone on since
import { network, repl } from "porthole";

const settings = { step: 0 };
const program = { ticks: 0 };

setInterval(() => {
  program.ticks++;
}, 100);

function report() {
  /** @type {number[]} */
  const marks = [];
  for (let at = 0; at < 100; at += settings.step) if (marks.at(-1) !== at) marks.push(at);
  return `ticks ${marks.join(", ")}`;
}

repl({
  context: {
    settings,
    report,
    get ticks() {
      return program.ticks;
    },
  },
});
if (!network.telnet.start({ port: Number(process.env["PORT"] ?? "2323") })) throw network.telnet.lastError;
console.log(`telnet on ${network.telnet.status()[2].join(", ")}`);
