// What a suite of conformance vectors is: named checks over the cases of one file or folder. The
// score command and the vector tests run the same suites; they differ only in what they do with
// the outcomes.

/** Takes the outcomes of a suite's cases. */
export interface Report {
  /** `id` names the case in its suite and stays the same from run to run. */
  pass(check: string, id: string): void;
  /** `why` says what was seen instead, for a person reading the list of misses. */
  fail(check: string, id: string, why: string): void;
}

export interface Suite {
  readonly name: string;
  readonly checks: readonly string[];
  /** The file or folder under the vectors' directory this suite reads: absent, it is not scored. */
  readonly reads: string;
  /** Scores every case found in `dir`; a throw from here is a bug in the suite, never a miss. */
  run(dir: string, report: Report): void | Promise<void>;
}

/**
 * Runs one case: a sentence returned, or an exception, is a miss with that reason. A case that
 * throws must not keep the cases after it from being counted.
 */
export function attempt(
  report: Report,
  check: string,
  id: string,
  run: () => string | undefined,
): void {
  let why: string | undefined;
  try {
    why = run();
  } catch (error) {
    why = `threw ${error instanceof Error ? error.message : String(error)}`;
  }
  if (why === undefined) report.pass(check, id);
  else report.fail(check, id, why);
}
