// A program on a headless machine, a Pi for example: it reads its temperature every second, and whoever logs in by
// Telnet looks at it and changes it while it runs.
//
//   node examples/sensor.js                                   then, from a second terminal:
//   telnet localhost 2323                                     micro, python
//   > sensor.latest
//   > sensor.periodMs = 200
//   > sensor.readings.slice(-3)
//
// For others than this machine: PASSWORD=secret HOST=0.0.0.0 node examples/sensor.js
import { readFile } from "node:fs/promises";
import { network, repl } from "porthole";

const sensor = {
  periodMs: 1000,
  /** @type {{ at: Date, celsius: number }[]} */
  readings: [],
  get latest() {
    return sensor.readings.at(-1);
  },
};

async function measure() {
  sensor.readings.push({ at: new Date(), celsius: await readCelsius() });
  if (sensor.readings.length > 1000) sensor.readings.shift();
  setTimeout(measure, sensor.periodMs);
}

/** The processor's temperature, as Linux tells it; elsewhere a wave. */
async function readCelsius() {
  try {
    return Number(await readFile("/sys/class/thermal/thermal_zone0/temp", "utf8")) / 1000;
  } catch {
    return Math.round((45 + 5 * Math.sin(Date.now() / 10_000)) * 10) / 10;
  }
}

await measure();

repl({ context: { sensor } });
const { HOST = "127.0.0.1", PORT = "2323", PASSWORD = "python" } = process.env;
if (!network.telnet.start({ host: HOST, port: Number(PORT), password: PASSWORD })) throw network.telnet.lastError;
console.log(`telnet on ${network.telnet.status()[2].join(", ")}`);
