// Commands of ipset(8) against the kept state: lines of a file are one change of it.

import { manualClock, NS_PER_MS } from '../../core/index.ts';
import type { IpSets } from '../../engine/index.ts';
import {
  elementText,
  type IpsetCommand,
  type IpsetContext,
  IpsetFault,
  type IpsetNames,
  type IpsetOptions,
  ipsetErrorText,
  ipsetOptions,
  ipsetTypeInfo,
  ipsetWords,
  isIpsetComment,
  isIpsetCommit,
  listSets,
  readCommand,
} from '../../iptables/index.ts';
import { ipSetsOfState, stateWithIpSets } from '../../lab/index.ts';
import type { IpSetAdt, IpSetChange, IpSetError } from '../../program/index.ts';
import { EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import type { Store, Stored } from './nft-store.ts';

/** The release whose output this is. */
export const IPSET_VERSION = '7.17';
const PREFIX = `ipset v${IPSET_VERSION}: `;

/** A command that was refused, or answered no, or ends everything. */
class Stop extends Error {
  readonly status: number;
  constructor(status: number) {
    super();
    this.status = status;
  }
}

type Query = Extract<IpsetCommand, { kind: 'list' | 'save' }>;

export class IpsetSession {
  options: IpsetOptions = ipsetOptions();
  readonly #store: Store;
  readonly #host: Host;
  readonly #names: IpsetNames;
  readonly #mode: IpsetContext['mode'];
  #stored: Stored;
  #sets: IpSets;
  /** Runs from when `#sets` was made; it is moved on before they are asked. */
  #clock = manualClock();
  #began = Date.now();
  #changed = false;
  /** Additions to one set go to the kernel together; a line that is no command loses them. */
  #pending: IpSetAdt[] = [];

  constructor(store: Store, host: Host, names: IpsetNames, mode: IpsetContext['mode']) {
    this.#store = store;
    this.#host = host;
    this.#names = names;
    this.#mode = mode;
    this.#stored = store.read();
    this.#sets = ipSetsOfState(this.#stored.state, this.#began, this.#clock);
  }

  /** The sets of now: those at hand, unless another call has changed them. */
  #refresh(): number {
    const now = Date.now();
    const stored = this.#store.read(this.#stored);
    if (stored === this.#stored) this.#clock.advanceTo((now - this.#began) * NS_PER_MS);
    else {
      this.#clock = manualClock();
      this.#began = now;
      this.#sets = ipSetsOfState(stored.state, now, this.#clock);
    }
    this.#stored = stored;
    return now;
  }

  #context(mode = this.#mode): IpsetContext {
    return {
      options: this.options,
      names: this.#names,
      mode,
      known: (name) => this.#sets.describe(name),
    };
  }

  /** @throws IpsetFault */
  read(words: readonly string[]): IpsetCommand {
    return readCommand(words, this.#context());
  }

  /** Runs a command to its exit status. */
  async run(command: IpsetCommand): Promise<number> {
    if (command.kind === 'list' || command.kind === 'save')
      return this.#answer(() => this.#list(command));
    if (command.kind !== 'change') return EXIT_OK;
    return this.#exclusively(() => {
      this.#applyAll([command.change]);
      this.#warn(command.warnings);
    });
  }

  /** Runs the lines of a file until one is refused; what was done before stays. */
  async restore(text: string): Promise<number> {
    return this.#exclusively(() => {
      text.split('\n').forEach((line, i, lines) => {
        if (isIpsetCommit(line)) this.#flush();
        else if (!isIpsetComment(line)) this.#line(line, i + 1, i + 1 === lines.length);
      });
      this.#flush();
    });
  }

  #line(line: string, number: number, isLast: boolean): void {
    let command: IpsetCommand;
    try {
      const words = ipsetWords(line, isLast).map(({ text }) => text);
      command = readCommand(words, this.#context('restore'));
    } catch (error) {
      this.#pending = [];
      if (error instanceof IpsetFault) this.#fault(error, number);
      throw error;
    }
    if (command.kind === 'change') this.#take(command.change, number, command.warnings);
    else if (command.kind === 'list' || command.kind === 'save') {
      this.#flush();
      this.#host.out(this.#text(command));
    } else if (command.kind === 'quit') throw new Stop(EXIT_OK);
  }

  #take(change: IpSetChange, line: number, warnings: readonly string[]): void {
    const placed: IpSetChange = { ...change, source: { file: '', line, column: 1 } };
    if (placed.kind === 'add' || placed.kind === 'del') {
      const [first] = this.#pending;
      if (first !== undefined && (first.kind !== placed.kind || first.set !== placed.set))
        this.#flush();
      this.#pending.push(placed);
      return;
    }
    this.#flush();
    this.#applyAll([placed]);
    this.#warn(warnings);
    // A warning ends the reading of a file, as it ends any command.
    if (warnings.length > 0 || placed.kind === 'test') throw new Stop(EXIT_OK);
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#applyAll(pending);
  }

  #applyAll(changes: readonly IpSetChange[]): void {
    for (const change of changes) {
      const error = this.#sets.apply(change);
      if (change.kind === 'test') this.#tested(change, error);
      else {
        // A range that is refused was added up to there.
        this.#changed = true;
        if (error !== undefined) this.#refused(error, change);
      }
    }
  }

  #tested(test: IpSetAdt, error: IpSetError | undefined): void {
    if (error !== undefined && error !== 'EXIST') this.#refused(error, test);
    if (!this.options.quiet) {
      const { type } = this.#sets.describe(test.set) ?? { type: 'hash:ip' };
      const { physdev: _, ...entry } = test.entry;
      const element = elementText(ipsetTypeInfo(type), entry);
      const isIn = error === undefined;
      this.#host.err(
        `${isIn ? 'Warning: ' : ''}${element} is ${isIn ? 'in' : 'NOT in'} set ${test.set}.\n`,
      );
    }
    if (error !== undefined) throw new Stop(1);
  }

  #refused(error: IpSetError, change: IpSetChange): never {
    const fault = new IpsetFault(ipsetErrorText(error, change), 1, false, true);
    return this.#fault(fault, change.source?.line);
  }

  /** Says what is wrong. @throws Stop always */
  #fault(fault: IpsetFault, line: number | undefined): never {
    this.say(fault, line);
    throw new Stop(fault.status);
  }

  /** What is wrong, in ipset's form; nothing with -quiet. */
  say(fault: IpsetFault, line?: number): void {
    if (this.options.quiet && this.#mode !== 'interactive') return;
    const place = fault.placed && line !== undefined ? `Error in line ${line}: ` : '';
    this.#host.err(`${PREFIX}${place}${fault.message}\n`);
    if (fault.hint) this.#host.err("Try `ipset help' for more information.\n");
  }

  #warn(warnings: readonly string[]): void {
    if (warnings.length > 0 && !this.options.quiet)
      this.#host.err(`Warning: ${warnings.join('\n')}\n`);
  }

  /** As the only one that changes the state; what was done is kept, also where it ends badly. */
  async #exclusively(work: () => void): Promise<number> {
    return this.#store.exclusively(() => {
      const now = this.#refresh();
      this.#changed = false;
      const status = this.#answer(work);
      if (this.#changed)
        this.#stored = this.#store.write(stateWithIpSets(this.#stored.state, this.#sets, now));
      return status;
    });
  }

  #answer<T>(work: () => T): number {
    try {
      work();
      return EXIT_OK;
    } catch (error) {
      if (error instanceof Stop) return error.status;
      throw error;
    }
  }

  #list(query: Query): void {
    this.#host.out(this.#text(query));
  }

  /** The text of a listing. @throws Stop for a set that is not there */
  #text({ kind, set }: Query): string {
    if (!this.#changed) this.#refresh();
    const all = this.#sets.list();
    const sets = set === undefined ? all : all.filter(({ name }) => name === set);
    if (set !== undefined && sets.length === 0) this.#refused('ENOENT', { kind: 'flush', set });
    // The mode stays for the lines that follow.
    this.options.output ??= kind === 'save' ? 'save' : undefined;
    const { output = 'plain', sorted, names, terse, resolve } = this.options;
    return listSets(sets, {
      output,
      sorted,
      names,
      terse,
      ...(resolve ? { resolve: this.#names } : {}),
    });
  }

  /** A listing for a file. */
  listing(query: Query): string | number {
    let text = '';
    const status = this.#answer(() => {
      text = this.#text(query);
    });
    return status === EXIT_OK ? text : status;
  }
}
