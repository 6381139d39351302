// The part of the WebAssembly JavaScript interface (https://webassembly.github.io/spec/js-api/) that this project uses.
// TypeScript declares it only in `lib.dom`, which would also offer `window` and `document` to code that runs in Node.

declare namespace WebAssembly {
  type ImportValue = ((...values: never[]) => unknown) | Memory | Global | Table | number | bigint;
  type ExportValue = ((...values: number[]) => number) | Memory | Global | Table;
  type Imports = Record<string, Record<string, ImportValue>>;
  type Exports = Record<string, ExportValue>;

  interface MemoryDescriptor {
    /** Pages of 64 KiB. */
    initial: number;
    /** Pages of 64 KiB; required for a shared memory. */
    maximum?: number;
    shared?: boolean;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** Grows by `pages` of 64 KiB and answers the number of pages before. */
    grow(pages: number): number;
  }

  class Global {
    constructor(descriptor: { value: 'i32' | 'i64' | 'f32' | 'f64'; mutable?: boolean }, value?: number | bigint);
    value: number | bigint;
  }

  class Table {
    constructor(descriptor: { element: 'anyfunc' | 'externref'; initial: number; maximum?: number });
    readonly length: number;
  }

  class Module {
    constructor(bytes: Uint8Array | ArrayBuffer);
    static exports(module: Module): { name: string; kind: 'function' | 'table' | 'memory' | 'global' }[];
    static imports(module: Module): { module: string; name: string; kind: 'function' | 'table' | 'memory' | 'global' }[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  /** Whether the bytes are a module that this machine can run. */
  function validate(bytes: Uint8Array | ArrayBuffer): boolean;
  function compile(bytes: Uint8Array | ArrayBuffer): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
