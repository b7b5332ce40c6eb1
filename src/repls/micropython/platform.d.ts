/** As much of WebAssembly as the board uses: Node's types leave it to the browser's. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  interface Memory {
    readonly buffer: SharedArrayBuffer;
  }
  type Exports = Record<string, unknown>;
  type Imports = Record<string, Record<string, unknown>>;
  interface Instance {
    readonly exports: Exports;
  }
  function instantiate(module: Module, imports: Imports): Promise<Instance>;
}

declare module "@micropython/micropython-webassembly-pyscript/micropython.mjs";
