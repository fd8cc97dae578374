// Texts to run against the kept ruleset: compiled, applied, kept, answered.

import type { RulesetStateData, Step } from '../../lab/index.ts';
import {
  type Command,
  type CompileOptions,
  type CompileResult,
  compile,
  elementsAskedFor,
  type ListOptions,
  type Source,
} from '../../nft/index.ts';
import { type Batch, programAfter } from '../../program/index.ts';
import type { Host } from '../host.ts';
import { bytecodeText } from './nft-debug.ts';
import { answerDescribe } from './nft-describe.ts';
import { tell } from './nft-events.ts';
import { listingNames, systemNames } from './nft-names.ts';
import type { NftArguments } from './nft-options.ts';
import { type Answer, answerElements, answerList, type View } from './nft-query.ts';
import { mergesText, report } from './nft-report.ts';
import { resetsOf } from './nft-reset.ts';
import type { Stored } from './nft-store.ts';
import type { Attempt, Interfaces, NftTarget, Outcome } from './nft-target.ts';

interface Compiled extends CompileResult {
  readonly stored: Stored;
  readonly options: CompileOptions;
  readonly interfaces: Interfaces;
}

/** A single question refers to nothing that has to be looked up before it is read. */
const asks = (sources: readonly Source[]): boolean =>
  sources.every(({ text }) => /^\s*(list|describe)\b[^;\n]*\s*$/.test(text));

type QueryOf<K extends Command['kind']> = Extract<Command, { kind: K }>;

export class NftSession {
  readonly #target: NftTarget;
  readonly #args: NftArguments;
  readonly #host: Host;
  #stored: Stored | undefined;
  #hooks: View['hooks'];

  constructor(target: NftTarget, args: NftArguments, host: Host) {
    this.#target = target;
    this.#args = args;
    this.#host = host;
  }

  /**
   * Runs texts as one transaction and prints what they ask for. False where something was wrong.
   * @throws Failure for a state file that cannot be read or written
   */
  async run(sources: readonly Source[]): Promise<boolean> {
    const compiled = this.#compile(sources, this.#target.read(this.#stored), asks(sources));
    if (report(compiled.diagnostics, compiled.sources, this.#host)) return false;
    if (compiled.merges.length > 0) this.#host.err(mergesText(compiled.merges, compiled.sources));
    const { batch, queries } = compiled;
    if (queries.some((query) => query.kind === 'list' && query.object.kind === 'hooks'))
      this.#hooks = (await import('./nft-hooks.ts')).hooksText;
    if (batch.length === 0 && queries.every(({ kind }) => kind !== 'reset'))
      return this.#answer(compiled, compiled.stored.state);
    await this.#target.prepare();
    if (this.#args.on.has('check')) return this.#check(compiled);
    return this.#target.exclusively(() => this.#change(sources, compiled));
  }

  /** Another call may have been faster: then the text means something else, maybe. */
  #change(sources: readonly Source[], before: Compiled): boolean {
    const stored = this.#target.read(before.stored);
    const compiled = stored === before.stored ? before : this.#compile(sources, stored);
    if (compiled !== before && report(compiled.diagnostics, compiled.sources, this.#host))
      return false;
    if (compiled.batch.length === 0) return this.#answer(compiled, stored.state);
    const step = this.#attempt(compiled);
    if (step === 'stale') return this.#change(sources, compiled);
    if ('problems' in step) {
      this.#stored = this.#target.keepRefusal(stored.state, step) ?? this.#stored;
      report(step.problems, compiled.sources, this.#host);
      return false;
    }
    this.#keep(compiled, stored.state, step);
    return this.#answer(compiled, step.state);
  }

  /** Would it be taken? Everything is left as it was. */
  #check(compiled: Compiled): boolean {
    if (compiled.batch.length === 0) return true;
    const step = this.#attempt(compiled);
    if (step === 'stale' || !('problems' in step)) return true;
    report(step.problems, compiled.sources, this.#host);
    return false;
  }

  #compile(sources: readonly Source[], stored: Stored, alone = false): Compiled {
    const { state } = stored;
    const interfaces = this.#target.interfaces(state);
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

  #attempt(compiled: Compiled): Outcome {
    const { debug } = this.#args;
    const { batch, stored } = compiled;
    if (debug.includes('netlink') || debug.includes('all')) this.#host.out(bytecodeText(batch));
    return this.#target.attempt(this.#attemptOf(compiled, batch, stored.state));
  }

  #attemptOf(compiled: Compiled, batch: Batch, state: RulesetStateData): Attempt {
    const { on } = this.#args;
    const [check, echo] = [on.has('check'), on.has('echo')];
    const { interfaces, sources } = compiled;
    return { state, batch, interfaces: interfaces.all, sources, check, echo };
  }

  /** Writes the new state, and tells who wants to know. */
  #keep(compiled: Compiled, before: RulesetStateData, step: Step): void {
    this.#stored = this.#target.keep(before, step);
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
    interfaces = this.#target.interfaces(this.#target.read(this.#stored).state),
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
      const answer = this.#answerOne(query, this.#view(compiled, state), compiled);
      if (query.kind !== 'reset' || 'problem' in answer) {
        if (!this.#say(answer, compiled)) return false;
        continue;
      }
      const resets = this.#resets(query, compiled, state);
      const step = this.#target.reset(this.#attemptOf(compiled, resets, state));
      if ('problems' in step) {
        report(step.problems, compiled.sources, this.#host);
        return false;
      }
      // What was set back is told as it was when it was set back.
      const was = this.#answerOne(query, this.#view(compiled, step.shown), compiled);
      if (!this.#say(was, compiled)) return false;
      state = step.state;
      this.#stored = undefined;
    }
    return true;
  }

  #view(compiled: Compiled, state: RulesetStateData): View {
    return {
      program: programAfter(state.program, Date.now() - state.at),
      options: this.listOptions(compiled.interfaces),
      json: this.#args.on.has('json'),
      ...(this.#hooks !== undefined && { hooks: this.#hooks }),
    };
  }

  #say(answer: Answer, compiled: Compiled): boolean {
    if ('text' in answer) this.#host.out(answer.text);
    else report([answer.problem], compiled.sources, this.#host);
    return 'text' in answer;
  }

  #resets(query: QueryOf<'reset'>, { sources, options }: Compiled, state: RulesetStateData): Batch {
    const { elements } = elementsAskedFor(query, sources, options);
    return resetsOf(query, elements, state.program);
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
