/**
 * One typed line with what a user expects of it: Backspace takes a character, Ctrl-U all of them. Bounded, UTF-8.
 *
 * @module
 */

const BACKSPACE = 8;
const RETURN = 13;
const CTRL_C = 3;
const CTRL_D = 4;
const CTRL_U = 21;
const ESC = 27;
const DELETE = 127;

/** What a key did. */
export type LineEvent =
  | { readonly type: "echo"; readonly text: string }
  | { readonly type: "line"; readonly text: string; readonly tooLong: boolean }
  /** Ctrl-D on an empty line. */
  | { readonly type: "end" };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class EditableLine {
  readonly #limitBytes: number;
  #characters: string[] = [];
  #bytes = 0;
  /** Characters beyond the limit: not kept, but Backspace takes them first. */
  #dropped = 0;
  #character: number[] = []; // the bytes so far of a character that is on its way
  #missing = 0;
  #escape: "none" | "begun" | "sequence" = "none";

  /** @param limitBytes - Longest line, in bytes of UTF-8; further keys are dropped and the line is `tooLong`. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Takes one byte. A Return is CR. Bytes that are not UTF-8, other control characters and the sequences of arrow and
   * function keys do nothing.
   */
  key(octet: number): LineEvent | undefined {
    if (octet >= 0x80) return this.#part(octet);
    this.#character = [];
    if (this.#escape !== "none") {
      if (octet >= 0x20) {
        this.#inEscape(octet);
        return undefined;
      }
      this.#escape = "none";
    }
    switch (octet) {
      case RETURN:
        return this.#finish();
      case BACKSPACE:
      case DELETE:
        return this.#erase(1);
      case CTRL_U:
      case CTRL_C:
        return this.#erase(Number.POSITIVE_INFINITY);
      case CTRL_D:
        return this.#characters.length + this.#dropped === 0 ? { type: "end" } : undefined;
      case ESC:
        this.#escape = "begun";
        return undefined;
      default:
        return octet < 0x20 ? undefined : this.#add(String.fromCharCode(octet), 1);
    }
  }

  #inEscape(octet: number): void {
    if (this.#escape === "begun" && (octet === 0x5b || octet === 0x4f))
      this.#escape = "sequence"; // ESC [ and ESC O
    else if (this.#escape === "begun" || octet >= 0x40) this.#escape = "none"; // the final byte
  }

  /** A byte of a character of more than one. */
  #part(octet: number): LineEvent | undefined {
    if (octet >= 0xc0) {
      this.#missing = octet >= 0xf8 ? 0 : octet >= 0xf0 ? 3 : octet >= 0xe0 ? 2 : 1;
      this.#character = this.#missing === 0 ? [] : [octet];
      return undefined;
    }
    if (this.#character.length === 0) return undefined;
    this.#character.push(octet);
    this.#missing--;
    if (this.#missing > 0) return undefined;
    const bytes = Uint8Array.from(this.#character);
    this.#character = [];
    const text = decoder.decode(bytes);
    return text.includes("\u{fffd}") || /\p{Cc}/u.test(text) ? undefined : this.#add(text, bytes.length);
  }

  #add(character: string, bytes: number): LineEvent | undefined {
    if (this.#dropped > 0 || this.#bytes + bytes > this.#limitBytes) {
      this.#dropped++;
      return undefined;
    }
    this.#characters.push(character);
    this.#bytes += bytes;
    return { type: "echo", text: character };
  }

  #erase(count: number): LineEvent | undefined {
    let columns = 0;
    for (let erased = 0; erased < count; ) {
      if (this.#dropped > 0) {
        this.#dropped--;
        erased++;
        continue;
      }
      const character = this.#characters.pop();
      if (character === undefined) break;
      this.#bytes -= encoder.encode(character).length;
      const width = columnsOf(character);
      columns += width;
      if (width > 0) erased++; // a combining mark goes with what it is on
    }
    return columns === 0 ? undefined : { type: "echo", text: "\b \b".repeat(columns) };
  }

  #finish(): LineEvent {
    const event = { type: "line", text: this.#characters.join(""), tooLong: this.#dropped > 0 } as const;
    this.#characters = [];
    this.#bytes = 0;
    this.#dropped = 0;
    return event;
  }
}

/** Columns that a terminal gives a character: East Asian wide ones two, marks that sit on another none. */
function columnsOf(character: string): 0 | 1 | 2 {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u.test(
    character,
  )
    ? 2
    : 1;
}
