/**
 * Which parts of the engines have run, as V8 counts them: an input that runs a new part is worth keeping.
 *
 * @module
 */
import { type Profiler, Session } from "node:inspector";

export interface Coverage {
  /** True when something has run since the last call that had never run before. */
  grew(): boolean;
  readonly parts: number;
  close(): void;
}

/** @param folder - Only sources whose path has this in it are looked at. */
export function startCoverage(folder: string): Coverage {
  const session = new Session();
  session.connect();
  const post = <Result>(method: string, params?: object): Result => {
    let result: Result | undefined;
    // The inspector of one's own thread answers before `post` returns.
    session.post(method as "Profiler.enable", params as never, (error: Error | null, given: unknown) => {
      if (error !== null) throw error;
      result = given as Result;
    });
    return result as Result;
  };
  post("Profiler.enable");
  post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
  const seen = new Set<string>();
  return {
    grew() {
      const before = seen.size;
      const { result } = post<Profiler.TakePreciseCoverageReturnType>("Profiler.takePreciseCoverage");
      for (const script of result) {
        if (!script.url.includes(folder)) continue;
        for (const { ranges } of script.functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            if (count > 0) seen.add(`${script.scriptId}:${startOffset}:${endOffset}`);
          }
        }
      }
      return seen.size > before;
    },
    get parts() {
      return seen.size;
    },
    close: () => session.disconnect(),
  };
}
