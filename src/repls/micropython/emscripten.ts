/**
 * As much of the interpreter's glue code (`micropython.mjs`, made by Emscripten) as the board touches.
 *
 * @module
 */

/** An import or export of the WebAssembly module. */
export type WasmFunction = (...args: never[]) => unknown;

export interface FsNode {
  readonly id: number;
  name: string;
  mode: number;
  readonly parent: FsNode;
  readonly mount: { readonly mountpoint: string; opts: { root: string } };
  node_ops: object;
  stream_ops: object;
}

export interface FsStream {
  readonly node: FsNode;
  readonly flags: number;
  position: number;
  /** The host's descriptor, set by the file system that opened it. */
  hostDescriptor?: number;
}

export interface EmscriptenFs {
  readonly ErrnoError: new (errno: number) => Error & { readonly errno: number };
  createNode(parent: FsNode | null, name: string, mode: number, device: number): FsNode;
  hashRemoveNode(node: FsNode): void;
  isDir(mode: number): boolean;
  cwd(): string;
  chdir(path: string): void;
  mkdir(path: string): void;
  unlink(path: string): void;
  mount(type: object, options: object, path: string): void;
}

export interface EmscriptenModule {
  _malloc(size: number): number;
  _free(pointer: number): void;
  setValue(pointer: number, value: number, type: "i32"): void;
  ccall(name: string, returns: "null" | "number", types: readonly string[], values: readonly unknown[]): number;
}

export interface MicroPython {
  readonly _module: EmscriptenModule;
  readonly FS: EmscriptenFs;
  registerJsModule(name: string, module: object): void;
  runPython(code: string): unknown;
  replInit(): void;
  /** @returns 0 to go on, else the REPL has ended. */
  replProcessChar(character: number): number;
}

export interface Glue {
  loadMicroPython(options: {
    readonly heapsize: number;
    readonly pystack: number;
    readonly url: string;
    readonly linebuffer: boolean;
    readonly stdin: () => null;
    readonly stdout: (bytes: Uint8Array) => void;
    readonly stderr: (bytes: Uint8Array) => void;
  }): Promise<MicroPython>;
}

/** What the glue keeps in `globalThis`. */
export interface GlueGlobals {
  /** JavaScript objects that Python holds, by number; the first is what `import js` gives. */
  proxy_js_ref: unknown[];
  proxy_js_ref_map: Map<unknown, number>;
}

/** Views of the interpreter's memory, made anew when it has grown. */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #data: DataView;
  readonly words: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#data = new DataView(memory.buffer);
    // Static data stays where it is however the memory grows.
    this.words = new Int32Array(memory.buffer);
  }

  get bytes(): Uint8Array {
    this.#refresh();
    return this.#bytes;
  }

  get data(): DataView {
    this.#refresh();
    return this.#data;
  }

  /** A C string; at most 4 KiB of it. */
  text(pointer: number): string {
    const bytes = this.bytes;
    const limit = Math.min(bytes.length, pointer + 4_096);
    let end = pointer;
    while (end < limit && bytes[end] !== 0) end++;
    return new TextDecoder().decode(bytes.slice(pointer, end));
  }

  #refresh(): void {
    if (this.#bytes.buffer === this.memory.buffer) return;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#data = new DataView(this.memory.buffer);
  }
}
