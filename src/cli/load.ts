// Reading rulesets from disk, with what they include.
import type { SavedTimeouts } from '../conntrack/index.ts';
import { type Loaded, loadRuleset, type Problem } from '../lab/index.ts';
import type { Paint } from '../trace/index.ts';
import { EXIT_INPUT, Failure, fileFailure } from './failure.ts';
import type { Host } from './host.ts';
import { inlineLittle } from './inlining.ts';

export interface RulesetFiles {
  readonly rulesets: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
  /** A wrong line of iptables or ipset refuses its whole file. */
  readonly strict?: boolean;
  /** Nothing is to be done with them but to read them: no packets pass. */
  readonly readsOnly?: boolean;
}

/** Reads and compiles; mistakes in the rulesets are in the result. @throws Failure for unreadable files */
export async function readRulesets(
  { rulesets, defines, strict = false, readsOnly = false }: RulesetFiles,
  host: Host,
  interfaces: Readonly<Record<string, number>> = {},
  timeouts?: SavedTimeouts,
): Promise<Loaded> {
  const sources = await Promise.all(
    rulesets.map(async (name) => ({ name, text: await textOf(name, host) })),
  );
  if (readsOnly) await inlineLittle(sources);
  return loadRuleset(sources, {
    loader: host,
    searchPath: ['/etc'],
    defines,
    interfaces,
    strict,
    ...(timeouts && { timeouts }),
  });
}

async function textOf(path: string, host: Host): Promise<string> {
  try {
    return path === '-' ? await host.readInput() : await host.readText(path);
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** Reads rulesets that must be right: problems are printed, and errors end the command. */
export async function loadRulesets(
  files: RulesetFiles,
  host: Host,
  paint: Paint,
  interfaces?: Readonly<Record<string, number>>,
  timeouts?: SavedTimeouts,
): Promise<Loaded> {
  const loaded = await readRulesets(files, host, interfaces, timeouts);
  for (const problem of loaded.problems) host.err(`${problemText(problem, paint)}\n`);
  if (loaded.failed)
    throw new Failure(`the ruleset has ${errorCount(loaded.problems)}`, EXIT_INPUT);
  return loaded;
}

/** `2 errors`, `1 error`. */
export function errorCount(problems: readonly Problem[]): string {
  const n = problems.filter((p) => p.severity === 'error').length;
  return `${n} error${n === 1 ? '' : 's'}`;
}

/** The problem with its kind and its caret coloured. */
export function problemText(problem: Problem, paint: Paint): string {
  const colour = problem.severity === 'error' ? paint.red : paint.yellow;
  const [first = '', ...rest] = problem.text.split('\n');
  const head = first.replace(`${problem.severity}:`, colour(paint.bold(`${problem.severity}:`)));
  const lines = rest.map((line) =>
    line
      .replace(/\^+/, (caret) => colour(caret))
      .replace(/did you mean '.*'\?/, (words) => paint.cyan(words)),
  );
  return [head, ...lines].join('\n');
}
