// Rulesets from text to what a firewall runs, with the names that only a system knows made up.
import { cgroupId, cgroupPath, manualClock, Netns, seeded } from '../core/index.ts';
import { NfTables, type RulesetSize, TransactionError } from '../engine/index.ts';
import {
  compile,
  type Diagnostic,
  formatDiagnostic,
  InterfaceIndexes,
  type Source,
  type SourceLoader,
} from '../nft/index.ts';
import type { Batch, Program } from '../program/index.ts';

export interface LoadOptions {
  readonly loader?: SourceLoader;
  readonly searchPath?: readonly string[];
  /** Variables, as with nft -D. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Indexes of interfaces that are known; others are given the next free one. */
  readonly interfaces?: Readonly<Record<string, number>>;
}

export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Counted from 1; absent for what no text stands behind. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
  readonly suggestion?: string;
  /** Several lines: the sentence, the source line, a caret. */
  readonly text: string;
}

export interface Loaded {
  readonly batch: Batch;
  /** The ruleset the batch makes; empty where there are errors. Listed when first asked for. */
  readonly program: Program;
  /** How much of it there is. */
  readonly size: RulesetSize;
  readonly problems: readonly Problem[];
  /** True where there is an error among the problems. */
  readonly failed: boolean;
  /** Every interface named by index, with the index it was given. */
  readonly interfaces: Readonly<Record<string, number>>;
  /** Paths of control groups by the number rules name them by. */
  readonly cgroups: ReadonlyMap<bigint, string>;
}

/** Compiles rulesets, in order, into one batch, and tries it on an empty namespace. Never throws. */
export function loadRuleset(sources: readonly Source[], options: LoadOptions = {}): Loaded {
  const { interfaces = {}, ...rest } = options;
  const indexes = new InterfaceIndexes(interfaces);
  const cgroups = new Map<bigint, string>();
  const compiled = compile(sources, {
    ...rest,
    symbols: {
      interfaceIndex: (name: string) => indexes.of(name),
      cgroup: (path: string) => {
        const id = BigInt(cgroupId(cgroupPath(path)));
        cgroups.set(id, path);
        return id;
      },
    },
  });
  const problems = compiled.diagnostics.map((d) => problemOf(d, compiled.sources));
  const failed = problems.some((p) => p.severity === 'error');
  const tried = failed ? undefined : tryOut(compiled.batch);
  const engine = tried instanceof NfTables ? tried : undefined;
  const refused = tried === undefined || tried instanceof NfTables ? [] : tried;
  let program: Program | undefined;
  return {
    batch: compiled.batch,
    // A ruleset of ten thousand rules takes a seventh of the loading time to list.
    get program() {
      program ??= engine?.list() ?? { tables: [] };
      return program;
    },
    size: engine?.size ?? { tables: 0, chains: 0, rules: 0 },
    problems: [...problems, ...refused],
    failed: failed || refused.length > 0,
    interfaces: indexes.all,
    cgroups,
  };
}

function problemOf(diagnostic: Diagnostic, sources: readonly Source[]): Problem {
  const { code, severity, message, hint, suggestion, span } = diagnostic;
  const text = formatDiagnostic(diagnostic, sources);
  const place = /^(.*?):(\d+):(\d+): /.exec(text);
  return {
    code,
    severity,
    message,
    ...(sources[span.source] !== undefined && place !== null
      ? { file: place[1] ?? '', line: Number(place[2]), column: Number(place[3]) }
      : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(suggestion === undefined ? {} : { suggestion }),
    text,
  };
}

/** What the kernel would say to the batch: an engine that took it, or all that is wrong with it. */
function tryOut(batch: Batch): NfTables | readonly Problem[] {
  const engine = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  try {
    engine.apply(batch);
    return engine;
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    return [error, ...error.further].map(refusal);
  }
}

function refusal({ source, message, errnoName }: TransactionError): Problem {
  const place = source === undefined ? '' : `${source.file}:${source.line}:${source.column}: `;
  return {
    code: errnoName,
    severity: 'error',
    message,
    ...(source === undefined
      ? {}
      : { file: source.file, line: source.line, column: source.column }),
    text: `${place}error: ${message} [${errnoName}]${source?.text === undefined ? '' : `\n       ${source.text}`}`,
  };
}
