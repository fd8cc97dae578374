// Texts to run against the kept ruleset: compiled, applied, kept, answered.

import type { RulesetStateData, Step } from '../../lab/index.ts';
import {
  type Command,
  type CompileOptions,
  type CompileResult,
  compile,
  elementsAskedFor,
  InterfaceIndexes,
  type ListOptions,
  type Source,
} from '../../nft/index.ts';
import { type Batch, type Change, programAfter } from '../../program/index.ts';
import type { Host } from '../host.ts';
import { bytecodeText } from './nft-debug.ts';
import { answerDescribe } from './nft-describe.ts';
import { tell } from './nft-events.ts';
import { listingNames, systemNames } from './nft-names.ts';
import type { NftArguments } from './nft-options.ts';
import { type Answer, answerElements, answerList, type View } from './nft-query.ts';
import { mergesText, report } from './nft-report.ts';
import { resetsOf } from './nft-reset.ts';
import type { RulesetStore, Stored } from './nft-store.ts';
import { isSpent, keepStep } from './state-step.ts';

interface Compiled extends CompileResult {
  readonly stored: Stored;
  readonly options: CompileOptions;
  readonly interfaces: InterfaceIndexes;
}

/** A single question refers to nothing that has to be looked up before it is read. */
const asks = (sources: readonly Source[]): boolean =>
  sources.every(({ text }) => /^\s*(list|describe)\b[^;\n]*\s*$/.test(text));

type QueryOf<K extends Command['kind']> = Extract<Command, { kind: K }>;

export class NftSession {
  readonly #store: RulesetStore;
  readonly #args: NftArguments;
  readonly #host: Host;
  #stored: Stored | undefined;
  #tryStep: typeof import('./nft-step.ts').tryStep | undefined;
  #hooks: View['hooks'];

  constructor(store: RulesetStore, args: NftArguments, host: Host) {
    this.#store = store;
    this.#args = args;
    this.#host = host;
  }

  /**
   * Runs texts as one transaction and prints what they ask for. False where something was wrong.
   * @throws Failure for a state file that cannot be read or written
   */
  async run(sources: readonly Source[]): Promise<boolean> {
    const compiled = this.#compile(sources, this.#store.read(this.#stored), asks(sources));
    if (report(compiled.diagnostics, compiled.sources, this.#host)) return false;
    if (compiled.merges.length > 0) this.#host.err(mergesText(compiled.merges, compiled.sources));
    const { batch, queries } = compiled;
    if (queries.some((query) => query.kind === 'list' && query.object.kind === 'hooks'))
      this.#hooks = (await import('./nft-hooks.ts')).hooksText;
    if (batch.length === 0 && queries.every(({ kind }) => kind !== 'reset'))
      return this.#answer(compiled, compiled.stored.state);
    this.#tryStep = (await import('./nft-step.ts')).tryStep;
    if (this.#args.on.has('check')) return this.#step(compiled, batch) !== undefined;
    return this.#store.exclusively(() => this.#change(sources, compiled));
  }

  /** Another call may have been faster: then the text means something else, maybe. */
  #change(sources: readonly Source[], before: Compiled): boolean {
    const stored = this.#store.read(before.stored);
    const compiled = stored === before.stored ? before : this.#compile(sources, stored);
    if (compiled !== before && report(compiled.diagnostics, compiled.sources, this.#host))
      return false;
    const step = this.#step(compiled, compiled.batch);
    if (step === undefined) return false;
    if (compiled.batch.length > 0) this.#keep(compiled, stored.state, step);
    return this.#answer(compiled, step.state);
  }

  #compile(sources: readonly Source[], stored: Stored, alone = false): Compiled {
    const { state } = stored;
    const interfaces = new InterfaceIndexes(state.interfaces);
    const options: CompileOptions = {
      current: programAfter(state.program, Date.now() - state.at),
      loader: this.#host,
      searchPath: [...this.#args.includes, '/etc'],
      defines: this.#args.defines,
      optimize: this.#args.on.has('optimize'),
      symbols: systemNames(interfaces, this.#host),
    };
    const { current: _, ...without } = options;
    return { ...compile(sources, alone ? without : options), stored, options, interfaces };
  }

  /** Applies to a copy; undefined, and said, where the batch is refused. */
  #step(compiled: Compiled, batch: Batch, state = compiled.stored.state): Step | undefined {
    const { debug } = this.#args;
    if (debug.includes('netlink') || debug.includes('all')) this.#host.out(bytecodeText(batch));
    const step = this.#tryStep?.(state, batch, compiled.interfaces.all, compiled.sources);
    if (step === undefined || !('problems' in step)) return step;
    report(step.problems, compiled.sources, this.#host);
    // A check leaves everything as it was.
    if (!this.#args.on.has('check') && isSpent(state, step.state))
      this.#stored = this.#store.write(step.state);
    return undefined;
  }

  /** Writes the new state, and tells who wants to know. */
  #keep(compiled: Compiled, before: RulesetStateData, step: Step): void {
    this.#stored = keepStep(this.#store, before, step);
    if (!this.#args.on.has('echo')) return;
    const options = this.listOptions(compiled.interfaces);
    const commit = { changes: step.changes, before: before.program, after: step.state.program };
    const events = tell(commit, options).filter(({ verb }) => verb !== 'delete');
    if (this.#args.on.has('json'))
      this.#host.out(`{"nftables": [${events.map(({ json }) => json).join(', ')}]}\n`);
    else this.#host.out(events.map(({ text }) => `${text}\n`).join(''));
  }

  /** How things are printed; without a ruleset at hand, with the interfaces of the one kept now. */
  listOptions(
    interfaces = new InterfaceIndexes(this.#store.read(this.#stored).state.interfaces),
  ): ListOptions {
    const { on } = this.#args;
    const numeric = on.has('numeric');
    return {
      handles: on.has('handle'),
      stateless: on.has('stateless'),
      terse: on.has('terse'),
      services: on.has('service'),
      users: on.has('guid'),
      reverseDns: on.has('reversedns'),
      numericProtocol: numeric || on.has('numeric-protocol'),
      numericPriority: numeric || on.has('numeric-priority'),
      numericTime: numeric || on.has('numeric-time'),
      numericSymbols: numeric,
      names: listingNames(interfaces.all, this.#host),
    };
  }

  #answer(compiled: Compiled, now: RulesetStateData): boolean {
    let state = now;
    for (const query of compiled.queries) {
      const view: View = {
        program: programAfter(state.program, Date.now() - state.at),
        options: this.listOptions(compiled.interfaces),
        json: this.#args.on.has('json'),
        ...(this.#hooks !== undefined && { hooks: this.#hooks }),
      };
      if (!this.#say(this.#answerOne(query, view, compiled), compiled)) return false;
      if (query.kind !== 'reset') continue;
      const step = this.#step(compiled, this.#resets(query, compiled), state);
      if (step === undefined) return false;
      state = step.state;
      if (!this.#args.on.has('check')) this.#stored = this.#store.write(state);
    }
    return true;
  }

  #say(answer: Answer, compiled: Compiled): boolean {
    if ('text' in answer) this.#host.out(answer.text);
    else report([answer.problem], compiled.sources, this.#host);
    return 'text' in answer;
  }

  #resets(query: QueryOf<'reset'>, { sources, options, stored }: Compiled): readonly Change[] {
    const { elements } = elementsAskedFor(query, sources, options);
    return resetsOf(query, elements, stored.state.program);
  }

  #answerOne(query: Command, view: View, compiled: Compiled): Answer {
    switch (query.kind) {
      case 'list':
        return answerList(view, query.object);
      case 'get':
        return this.#elements(query, view, compiled);
      case 'reset':
        return query.object.kind === 'element'
          ? this.#elements(query, view, compiled)
          : answerList(view, query.object);
      case 'describe':
        return answerDescribe(query);
      case 'export':
        return unsupported(query, "JSON export is no longer supported, use '-j list ruleset'");
      case 'import':
        return unsupported(query, "JSON import is no longer supported, use '-j -f FILE'");
      default:
        return unsupported(query, 'monitor stands alone: sluice nft monitor');
    }
  }

  #elements(query: QueryOf<'get' | 'reset'>, view: View, compiled: Compiled): Answer {
    const { object, span } = query;
    if (object.kind !== 'element') return unsupported(query, 'only elements can be got');
    const { elements, diagnostics } = elementsAskedFor(query, compiled.sources, compiled.options);
    const [problem] = diagnostics;
    if (problem !== undefined) return { problem };
    const place = { family: object.family, table: object.table.name, set: object.name.name };
    return answerElements(view, place, elements, span);
  }
}

const unsupported = ({ span }: Command, message: string): Answer => ({
  problem: { code: 'unsupported', severity: 'error', span, message },
});
