// Says a client's lines to an FTP server, one after the other, with the data connections that they ask for.
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** All that was said: `→` and the client's line, the server's lines below, and what came over data connections indented. */
export async function talkFtp(port, lines) {
  const control = connect(port, "127.0.0.1");
  const replies = createInterface({ input: control })[Symbol.asyncIterator]();
  const talk = [];
  let data;

  /** The lines of one reply; RFC 959 section 4.2: the last one begins with the code and a space. */
  async function reply() {
    const first = (await replies.next()).value;
    const all = [first];
    while (!new RegExp(`^${first.slice(0, 3)} `).test(all.at(-1))) all.push((await replies.next()).value);
    talk.push(...all);
    return all.at(-1);
  }

  try {
    await reply();
    for (const line of lines) {
      talk.push(`→ ${/^pass/i.test(line) ? `${line.slice(0, 5)}***` : line}`);
      control.write(`${line}\r\n`);
      const last = await reply();
      const passive = /^227 .*,(\d+),(\d+)\)|^229 .*\|(\d+)\|/.exec(last);
      if (passive !== null) {
        const [, high, low, whole] = passive;
        data = connect(whole === undefined ? Number(high) * 256 + Number(low) : Number(whole), "127.0.0.1");
        await once(data, "connect");
      }
      if (!last.startsWith("150")) continue;
      let text = "";
      for await (const chunk of data) text += chunk;
      talk.push(
        ...text
          .trimEnd()
          .split("\r\n")
          .map((entry) => `      ${entry}`),
      );
      await reply();
    }
  } finally {
    control.destroy();
    data?.destroy();
  }
  return talk;
}
