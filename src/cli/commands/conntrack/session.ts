// Commands of conntrack(8) against the kept state.

import {
  type ConntrackEvent,
  restoreConnections,
  saveConnections,
} from '../../../conntrack/index.ts';
import { connectionsOfState, stateWithConnections } from '../../../lab/index.ts';
import type { Host } from '../../host.ts';
import type { Store } from '../nft-store.ts';
import { tellWatchers, watchersOf } from '../watchers.ts';
import { createExpectation, findExpectation } from './expect.ts';
import { ConntrackFault, PREFIX } from './fault.ts';
import type { Labels } from './labels.ts';
import { checkMasks, isCompared, matches, matchesStatus, matchesUpdate } from './match.ts';
import { entryLine, expectationLine, linesText, type PrintStyle } from './print.ts';
import { type ConnectionTable, createEntry, findEntry, openTable, updateEntry } from './table.ts';
import type { ParsedCommand } from './template.ts';
import type { Told } from './watch.ts';
import { xmlHead } from './xml.ts';

/** What is said behind a command, by its name. */
const SAID: Readonly<Record<string, string>> = {
  list: 'flow entries have been shown',
  create: 'flow entries have been created',
  update: 'flow entries have been updated',
  delete: 'flow entries have been deleted',
  get: 'flow entries have been shown',
  'exp-list': 'expectations have been shown',
  'exp-delete': 'expectations have been shown',
  add: 'flow entries have been added',
};

/** Commands that may find nothing without having failed. */
const MAY_BE_NONE: ReadonlySet<string> = new Set(['list', 'exp-list', 'add']);

const READERS: ReadonlySet<string> = new Set([
  'get',
  'count',
  'stats',
  'exp-list',
  'exp-get',
  'exp-count',
  'exp-stats',
]);

const isReader = ({ command, options }: ParsedCommand): boolean =>
  READERS.has(command) || (command === 'list' && !options.has('z'));

/** Says what was done, and answers the exit status: 1 where nothing was found. */
export function concludes({ command }: ParsedCommand, shown: number, host: Host): number {
  const said = SAID[command];
  if (said === undefined) return 0;
  host.err(`${PREFIX}${shown} ${said}.\n`);
  return shown === 0 && !MAY_BE_NONE.has(command) ? 1 : 0;
}

export class ConntrackSession {
  readonly #store: Store;
  readonly #host: Host;
  readonly #labels: () => Labels;
  #table: ConnectionTable = openTable(0);
  #now = 0;
  #shown = 0;

  constructor(store: Store, host: Host, labels: () => Labels) {
    this.#store = store;
    this.#host = host;
    this.#labels = labels;
  }

  /** Runs a command to its exit status. @throws ConntrackFault */
  run(command: ParsedCommand): number {
    if (isReader(command)) this.#load();
    const work = (): void => this.#do(command);
    if (isReader(command)) work();
    else this.#exclusively(work);
    return concludes(command, this.#shown, this.#host);
  }

  /** Runs commands of a file until one is refused; what was done before stays. @throws ConntrackFault */
  runAll(commands: readonly ParsedCommand[]): void {
    this.#exclusively(() => {
      for (const command of commands) this.#do(command);
    });
  }

  #load(): void {
    this.#now = Date.now();
    this.#table = openTable(this.#now);
    restoreConnections(this.#table.ct, connectionsOfState(this.#store.read().state, this.#now));
  }

  /** As the only one that changes the state; what was done is kept, also where it ends badly. */
  #exclusively(work: () => void): void {
    this.#store.exclusively(() => {
      this.#load();
      const events: Told[] = [];
      const listening = this.#table.ct.connections.events((event) => events.push(told(event)));
      const before = JSON.stringify(saveConnections(this.#table.ct));
      try {
        work();
      } finally {
        listening.close();
        const saved = saveConnections(this.#table.ct);
        if (JSON.stringify(saved) !== before)
          this.#store.write(stateWithConnections(this.#store.read().state, saved, this.#now));
        if (events.length > 0) tellWatchers(watchersOf(this.#store.path, 'ctwatch'), events);
      }
    });
  }

  #style({ output }: ParsedCommand, more: Partial<PrintStyle> = {}): PrintStyle {
    return {
      output,
      now: new Date(this.#now),
      ...(output.has('labels') ? { labels: this.#labels() } : {}),
      ...more,
    };
  }

  readonly #work: Readonly<Record<string, (command: ParsedCommand) => void>> = {
    list: (command) => this.#list(command),
    create: (command) => this.#count(createEntry(this.#table, command)),
    add: (command) => this.#count(createEntry(this.#table, command)),
    update: (command) => this.#update(command),
    delete: (command) => this.#delete(command),
    get: (command) => this.#get(command),
    flush: () => {
      this.#table.ct.connections.flush();
      this.#host.err(`${PREFIX}connection tracking table has been emptied.\n`);
    },
    count: () => this.#host.out(`${this.#table.ct.size}\n`),
    stats: () => this.#stats(),
    'exp-list': (command) => this.#listExpectations(command),
    'exp-create': (command) => createExpectation(this.#table, command),
    'exp-delete': (command) => {
      this.#table.ct.expectations.remove(findExpectation(this.#table, command));
    },
    'exp-get': (command) => {
      const { expectations } = this.#table.ct;
      const entry = expectations.entryOf(findExpectation(this.#table, command));
      this.#host.out(`${expectationLine(entry, this.#style(command))}\n`);
    },
    'exp-flush': () => {
      this.#table.ct.expectations.flush();
      this.#host.err(`${PREFIX}expectation table has been emptied.\n`);
    },
    'exp-count': (command) => {
      const all = [...this.#table.ct.expectations.dump()];
      const ours = all.filter(({ family }) => family === command.family);
      this.#host.out(`${ours.length}\n`);
    },
    'exp-stats': () => {
      const { expectNew, expectCreate, expectDelete } = this.#table.ct.store.stats;
      this.#host.out(
        `cpu=0   \texpect_new=${expectNew} expect_create=${expectCreate} expect_delete=${expectDelete} \n`,
      );
    },
  };

  #do(command: ParsedCommand): void {
    this.#work[command.command]?.(command);
  }

  #count(done: boolean): void {
    if (done) this.#shown++;
  }

  #list(command: ParsedCommand): void {
    // Nothing is on its way, and nothing waits for an event to be delivered.
    if (command.table !== 'conntrack') return;
    const { options, template } = command;
    if (options.has('z') && isCompared(command))
      throw new ConntrackFault("Can't use -z with filtering parameters");
    checkMasks(command);
    if (options.has('u') && template.statusMask === 0)
      throw new ConntrackFault('Operation failed: invalid parameters', 1);
    const { ct } = this.#table;
    const lines: string[] = [];
    for (const slot of ct.connections.slots()) {
      const entry = ct.entryOf(slot);
      if (!matchesStatus(command, entry) || !matches(command, entry)) continue;
      lines.push(`${entryLine(entry, this.#style(command))}\n`);
      this.#shown++;
      if (options.has('z')) ct.zeroCounters(slot);
    }
    this.#host.out(linesText(lines, command.output, 'conntrack'));
  }

  #get(command: ParsedCommand): void {
    const { ct } = this.#table;
    const entry = ct.entryOf(findEntry(this.#table, command));
    if (!matches(command, entry)) return;
    this.#shown++;
    // The library opens the frame and forgets it.
    const head = command.output.has('xml') ? xmlHead('conntrack') : '';
    this.#host.out(`${head}${entryLine(entry, this.#style(command, { use: 2 }))}\n`);
  }

  #update(command: ParsedCommand): void {
    checkMasks(command);
    const { ct } = this.#table;
    for (const slot of [...ct.connections.slots()]) {
      if (!matchesUpdate(command, ct.entryOf(slot))) continue;
      if (!updateEntry(this.#table, command, slot)) continue;
      // One that has no time left is gone before it can be shown.
      if (ct.expiration(slot) === 0) continue;
      this.#shown++;
      this.#print(command, slot, { use: 2 });
    }
  }

  #delete(command: ParsedCommand): void {
    checkMasks(command);
    const { ct } = this.#table;
    for (const slot of [...ct.connections.slots()]) {
      if (!matches(command, ct.entryOf(slot))) continue;
      this.#print(command, slot, { saveAs: '-D' });
      ct.connections.destroy(slot);
      this.#shown++;
    }
  }

  #print(command: ParsedCommand, slot: number, more: Partial<PrintStyle>): void {
    const entry = this.#table.ct.entryOf(slot);
    this.#host.out(`${entryLine(entry, this.#style(command, more))}\n`);
  }

  #listExpectations(command: ParsedCommand): void {
    const lines: string[] = [];
    for (const entry of this.#table.ct.expectations.dump()) {
      if (entry.family !== command.family) continue;
      lines.push(`${expectationLine(entry, this.#style(command))}\n`);
      this.#shown++;
    }
    this.#host.out(linesText(lines, command.output, 'expect'));
  }

  /** One processor has done it all. */
  #stats(): void {
    const { stats } = this.#table.ct.store;
    const shown = {
      found: stats.found,
      invalid: stats.invalid,
      insert: stats.insert,
      insert_failed: stats.insertFailed,
      drop: stats.drop,
      early_drop: stats.earlyDrop,
      error: stats.error,
      search_restart: 0,
      clash_resolve: stats.clashResolve,
      chaintoolong: stats.chainTooLong,
    };
    const text = Object.entries(shown).map(([name, value]) => `${name}=${value} `);
    this.#host.out(`cpu=0   \t${text.join('')}\n`);
  }
}

const told = (event: ConntrackEvent): Told =>
  'entry' in event
    ? { type: event.type, entry: event.entry, process: process.pid }
    : { type: event.type, expected: event.expected, process: process.pid };
