// Rulesets from text to what a firewall runs, with the names that only a system knows made up.
import { type SavedTimeouts, timeoutPoliciesOf } from '../conntrack/index.ts';
import { cgroupId, cgroupPath, manualClock, Netns, seeded } from '../core/index.ts';
import {
  accountingOf,
  ipSetsOf,
  NfTables,
  type RulesetSize,
  TransactionError,
} from '../engine/index.ts';
import { ipsetErrorText, parseAcctList, parseIpsetRestore } from '../iptables/index.ts';
import {
  compile,
  type Diagnostic,
  formatDiagnostic,
  InterfaceIndexes,
  type Source,
  type SourceLoader,
} from '../nft/index.ts';
import type {
  AcctObject,
  Batch,
  IpSet,
  IpSetChange,
  IpSetError,
  Program,
} from '../program/index.ts';
import { type Language, languageOf, partsOf } from './languages.ts';
import { applyWhatCan, compileXtables } from './xtables.ts';

export interface LoadOptions {
  /** Files of iptables and ipset, too, must be right as a whole; else a wrong line is left out. */
  readonly strict?: boolean;
  readonly loader?: SourceLoader;
  readonly searchPath?: readonly string[];
  /** Variables, as with nft -D. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Policies that `CT --timeout` may name; without it any is taken, and verdicts depend on it. */
  readonly timeouts?: SavedTimeouts;
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
  /** What files of ipset do, before the batch. */
  readonly ipsets: readonly IpSetChange[];
  /** The sets that they leave. Listed when first asked for. */
  readonly sets: readonly IpSet[];
  /** What lists of nfacct have; undefined where there was no such list. */
  readonly accounting?: readonly AcctObject[];
  /** The ruleset the batch makes; empty where there are errors. Listed when first asked for. */
  readonly program: Program;
  /** How much of it there is. */
  readonly size: RulesetSize;
  readonly problems: readonly Problem[];
  /** Nothing was loaded; a wrong line of iptables or ipset is an error that leaves the rest. */
  readonly failed: boolean;
  /** Every interface named by index, with the index it was given. */
  readonly interfaces: Readonly<Record<string, number>>;
  /** Paths of control groups by the number rules name them by. */
  readonly cgroups: ReadonlyMap<bigint, string>;
}

/** Compiles rulesets, in order, into one batch, and tries it on an empty namespace. Never throws. */
export function loadRuleset(sources: readonly Source[], options: LoadOptions = {}): Loaded {
  const loading = new Loading(options);
  const groups = grouped(sources);
  // Nothing comes before these, so that rules find them wherever their file stands.
  for (const group of groups) if (group.language.kind === 'nfacct') loading.addAccounting(group);
  for (const group of groups) loading.add(group);
  return loading.result();
}

interface Group {
  readonly language: Language;
  readonly sources: readonly Source[];
}

/** Neighbours in nftables' language are one transaction, as with several -f. */
function grouped(sources: readonly Source[]): readonly Group[] {
  const groups: Group[] = [];
  for (const source of sources.flatMap(partsOf)) {
    const language = languageOf(source);
    const last = groups.at(-1);
    if (language.kind === 'nft' && last?.language.kind === 'nft')
      groups[groups.length - 1] = { language, sources: [...last.sources, source] };
    else groups.push({ language, sources: [source] });
  }
  return groups;
}

/** Rulesets being loaded, each on what those before it made. */
class Loading {
  readonly #options: LoadOptions;
  readonly #indexes: InterfaceIndexes;
  readonly #cgroups = new Map<bigint, string>();
  readonly #netns = new Netns({ clock: manualClock(), random: seeded(1) });
  readonly #engine = new NfTables(this.#netns);
  readonly #problems: Problem[] = [];
  readonly #ipsets: IpSetChange[] = [];
  #accounting: readonly AcctObject[] | undefined;
  #batch: Batch = [];
  #failed = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#indexes = new InterfaceIndexes(options.interfaces ?? {});
    if (options.timeouts !== undefined) timeoutPoliciesOf(this.#netns).restore(options.timeouts);
  }

  add({ language, sources }: Group): void {
    const [source] = sources;
    if (source === undefined || language.kind === 'nfacct') return;
    if (language.kind === 'nft') this.#addNft(sources);
    else if (language.kind === 'ipset') this.#addSets(source);
    else if (language.kind === 'shell') this.#refuseScript(source);
    else this.#addXtables(source, language);
  }

  #refuseScript({ name }: Source): void {
    const message = 'a script that calls iptables is no ruleset';
    const hint = 'run it with $(sluice shims) first on the PATH, then load what iptables-save says';
    this.#problems.push({
      code: 'shell_script',
      severity: 'error',
      message,
      file: name,
      line: 1,
      column: 1,
      hint,
      text: `${name}:1:1: error: ${message} [shell_script]\n       ${hint}`,
    });
    this.#failed = true;
  }

  #addNft(sources: readonly Source[]): void {
    const { interfaces: _, strict: __, timeouts: ___, ...rest } = this.#options;
    const compiled = compile(sources, {
      ...rest,
      ...(this.#batch.length > 0 && { current: this.#engine.list() }),
      symbols: {
        interfaceIndex: (name: string) => this.#indexes.of(name),
        cgroup: (path: string) => this.#cgroup(path),
      },
    });
    const problems = compiled.diagnostics.map((d) => problemOf(d, compiled.sources));
    const isWrong = problems.some((p) => p.severity === 'error');
    const refused = isWrong ? [] : tryOut(this.#engine, compiled.batch);
    this.#problems.push(...problems, ...refused);
    this.#failed ||= isWrong || refused.length > 0;
    this.#batch = this.#after(compiled.batch);
  }

  /** Nearly always there is one ruleset, and ten thousand changes need not be copied. */
  #after(batch: Batch): Batch {
    return this.#batch.length === 0 ? batch : [...this.#batch, ...batch];
  }

  #cgroup(path: string): bigint {
    const id = BigInt(cgroupId(cgroupPath(path)));
    this.#cgroups.set(id, path);
    return id;
  }

  #addXtables(source: Source, language: Extract<Language, { kind: 'xtables' }>): void {
    const isStrict = this.#options.strict === true;
    const sets = new Map(
      ipSetsOf(this.#netns)
        .list()
        .map((set) => [set.name, set.family]),
    );
    const { batch, diagnostics } = compileXtables(source, language, {
      current: this.#engine.list(),
      isStrict,
      ipset: (name) => sets.get(name),
    });
    const tried = applyWhatCan(this.#engine, batch);
    const problems = [
      ...diagnostics.map((d) => problemOf(d, [source])),
      ...tried.refused.map(refusal),
    ];
    this.#problems.push(...problems);
    this.#failed ||= isStrict && problems.some((p) => p.severity === 'error');
    this.#batch = this.#after(tried.batch);
  }

  #addSets(source: Source): void {
    const sets = ipSetsOf(this.#netns);
    const { changes, problems } = parseIpsetRestore(source, { known: sets.list() });
    this.#problems.push(...problems);
    for (const change of changes) {
      const error = sets.apply(change);
      if (error === undefined) this.#ipsets.push(change);
      else this.#problems.push(refusedSet(change, error));
    }
    this.#failed ||=
      this.#options.strict === true && this.#problems.some((p) => p.severity === 'error');
  }

  addAccounting({ sources: [source] }: Group): void {
    if (source === undefined) return;
    const accounting = accountingOf(this.#netns);
    const known = accounting.list().map(({ name }) => name);
    const { objects, problems } = parseAcctList(source, known);
    accounting.restore(objects);
    this.#accounting = accounting.save();
    this.#problems.push(...problems);
    this.#failed ||= this.#options.strict === true && problems.length > 0;
  }

  result(): Loaded {
    const engine = this.#failed ? undefined : this.#engine;
    let program: Program | undefined;
    const netns = this.#netns;
    let sets: readonly IpSet[] | undefined;
    return {
      batch: this.#batch,
      ipsets: this.#ipsets,
      get sets() {
        sets ??= ipSetsOf(netns).list();
        return sets;
      },
      ...(this.#accounting && { accounting: this.#accounting }),
      // A ruleset of ten thousand rules takes a seventh of the loading time to list.
      get program() {
        program ??= engine?.list() ?? { tables: [] };
        return program;
      },
      size: engine?.size ?? { tables: 0, chains: 0, rules: 0 },
      problems: this.#problems,
      failed: this.#failed,
      interfaces: this.#indexes.all,
      cgroups: this.#cgroups,
    };
  }
}

function refusedSet(change: IpSetChange, error: IpSetError): Problem {
  const { source } = change;
  const message = ipsetErrorText(error, change);
  const place = source === undefined ? '' : `${source.file}:${source.line}:${source.column}: `;
  return {
    code: 'ipset_refused',
    severity: 'error',
    message,
    ...(source && { file: source.file, line: source.line, column: source.column }),
    text: `${place}error: ${message}${source?.text === undefined ? '' : `\n       ${source.text}`}`,
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

/** All that the kernel would say against the batch; nothing where it takes it. */
function tryOut(engine: NfTables, batch: Batch): readonly Problem[] {
  try {
    engine.apply(batch);
    return [];
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
