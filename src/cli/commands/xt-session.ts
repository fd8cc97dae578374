// iptables and its kin over the ruleset that `sluice nft` keeps: the same file, the same lock.

import type { Diagnostic, Source } from '../../diagnostics/index.ts';
import { compileLine, compileRestore, type Names, saveRuleset } from '../../iptables/index.ts';
import type { RulesetStateData } from '../../lab/index.ts';
import { type Batch, type IpSetFamily, type Program, programAfter } from '../../program/index.ts';
import { EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { ctime } from './ctime.ts';
import { xtNames } from './nft-names.ts';
import type { Store, Stored } from './nft-store.ts';
import { isSpent, keepStep } from './state-step.ts';
import type { RestoreArguments } from './xt-options.ts';
import { IPTABLES_VERSION, type XtProgram } from './xt-programs.ts';
import { complain, complainInFile, complainOfRefusal, warn } from './xt-report.ts';

/** What a text makes of the ruleset, in any of the ways in. */
interface Compiled {
  readonly batch: Batch;
  readonly output: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly Source[];
}

type Compile = (current: Program) => Compiled;

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

const programNow = ({ state }: Stored): Program =>
  programAfter(state.program, Date.now() - state.at);

export class XtSession {
  readonly #program: XtProgram;
  readonly #store: Store;
  readonly #host: Host;
  readonly #names: Names;

  constructor(program: XtProgram, store: Store, host: Host) {
    this.#program = program;
    this.#store = store;
    this.#host = host;
    let families: ReadonlyMap<string, IpSetFamily> | undefined;
    this.#names = {
      ...xtNames(host),
      ipset: (name) => {
        families ??= new Map(store.read().state.ipsets?.map((set) => [set.name, set.family]));
        return families.get(name);
      },
    };
  }

  /** `iptables …`; answers the exit code. */
  command(words: readonly string[]): Promise<number> {
    const { family } = this.#program;
    const options = { family, names: this.#names };
    return this.#run((current) => compileLine(words, { ...options, current }), false);
  }

  /** `iptables-restore …` with the text of its file. */
  restore(source: Source, args: RestoreArguments): Promise<number> {
    const { family } = this.#program;
    const { noFlush, counters, strict, verbose, table } = args;
    const options = {
      family,
      names: this.#names,
      noFlush,
      counters,
      strict,
      verbose,
      asProgram: true,
      ...(table === undefined ? {} : { table }),
    };
    const compile: Compile = (current) => ({
      ...compileRestore(source, { ...options, current }),
      sources: [source],
    });
    return this.#run(compile, args.test);
  }

  /** `iptables-save …` */
  save(counters: boolean, table: string | undefined): string {
    const program = programNow(this.#store.read());
    return saveRuleset(program, this.#program.family, {
      counters,
      ...(table === undefined ? {} : { table }),
      generatedBy: {
        program: `${this.#program.name} v${IPTABLES_VERSION} (sluice)`,
        date: ctime(new Date()),
      },
    });
  }

  async #run(compile: Compile, isTest: boolean): Promise<number> {
    const stored = this.#store.read();
    const compiled = compile(programNow(stored));
    const code = this.#report(compiled);
    // --test reads a file and does not ask the kernel.
    if (isTest || compiled.batch.length === 0) return this.#say(compiled, code);
    const { stepState } = await import('./xt-step.ts');
    return this.#store.exclusively(() => {
      const now = this.#store.read(stored);
      if (now === stored) return this.#change(compiled, code, now.state, stepState);
      // Another call was faster: then the words mean something else, maybe.
      const again = compile(programNow(now));
      return this.#change(again, this.#report(again), now.state, stepState);
    });
  }

  /** Tables that were committed before a file went wrong are changed, and the exit code is that of the mistake. */
  #change(compiled: Compiled, code: number, state: RulesetStateData, step: Step): number {
    const { batch } = compiled;
    const stepped = step(state, batch, state.interfaces, Date.now());
    if (!('refused' in stepped)) {
      keepStep(this.#store, state, stepped);
      return this.#say(compiled, code);
    }
    if (isSpent(state, stepped.state)) this.#store.write(stepped.state);
    return complainOfRefusal(
      this.#program,
      stepped.refused,
      batch[stepped.refused.changeIndex],
      this.#host,
    );
  }

  #say({ output }: Compiled, code: number): number {
    this.#host.out(output);
    return code;
  }

  /** Warnings, and the first error: there the real command ends. */
  #report({ diagnostics, sources }: Compiled): number {
    const problem = diagnostics.find(isError);
    for (const one of diagnostics) if (!isError(one)) warn(one, sources, this.#host);
    if (problem === undefined) return EXIT_OK;
    return this.#program.action === 'restore'
      ? complainInFile(this.#program, problem, sources, this.#host)
      : complain(this.#program, problem, this.#host);
  }
}

type Step = typeof import('./xt-step.ts').stepState;
