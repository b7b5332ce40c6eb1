/**
 * A screen that nobody sees, with a window manager; gives its name.
 *
 * @param start - As `spawn`, of what is to be ended with the script.
 * @param size - `WIDTHxHEIGHT` in pixels.
 * @param home - Where the window manager looks for settings.
 */
export async function openScreen(start, size, home) {
  const xvfb = start("Xvfb", ["-displayfd", "1", "-screen", "0", `${size}x24`, "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const display = await new Promise((resolve, reject) => {
    let text = "";
    xvfb.stdout.on("data", (bytes) => {
      text += bytes;
      if (text.includes("\n")) resolve(`:${text.trim()}`);
    });
    xvfb.once("exit", () => reject(new Error("Xvfb did not start")));
  });
  start("openbox", [], { env: { PATH: process.env.PATH, HOME: home, DISPLAY: display } });
  return display;
}
