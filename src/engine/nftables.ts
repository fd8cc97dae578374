// The ruleset of a namespace: programs go in by batches, their base chains run as hooks.

import type { Conntrack } from '../conntrack/index.ts';
import type {
  HookEntry,
  HookPoint,
  NetDevice,
  Netns,
  Ruleset,
  Subscription,
} from '../core/index.ts';
import type { Nat } from '../nat/index.ts';
import type { Batch, Change, Family, HookName, Program } from '../program/index.ts';
import { devicesNamed } from './devices.ts';
import type { Executor } from './executor.ts';
import { Flowtables, type OpenFlowtable } from './flowtables.ts';
import { HookRunner } from './hook.ts';
import { Interpreter } from './interpreter/interpreter.ts';
import { listState } from './list.ts';
import type { Env } from './op.ts';
import { restoringBatch, resume, type SavedRuleset, savedNumbers } from './saved.ts';
import type { Chain, Registration } from './state/chain.ts';
import { RulesetState } from './state/ruleset.ts';
import type { Table } from './state/table.ts';
import { Synproxy } from './synproxy/index.ts';
import { applyBatch } from './transaction/apply.ts';
import type { Transaction } from './transaction/transaction.ts';
import { declareEstimators } from './xt/estimators.ts';

export interface NfTablesOptions {
  /** Without it `ct` expressions find no entries. */
  readonly conntrack?: Conntrack;
  /** Without it nat expressions are opaque. */
  readonly nat?: Nat;
  /** The interpreter, unless another is given. */
  readonly executor?: Executor;
  /** What carries flowtables out (room flowtable). Without it `flow add` offloads nothing. */
  readonly flowtables?: OpenFlowtable;
}

/** How much there is in a ruleset. */
export interface RulesetSize {
  readonly tables: number;
  readonly chains: number;
  readonly rules: number;
}

/** One committed transaction: its changes as carried out, with the handles they were given. */
export interface RulesetEvent {
  readonly generation: number;
  readonly changes: Batch;
}

export class NfTables implements Ruleset<Batch, Program, RulesetEvent> {
  readonly #netns: Netns;
  readonly #env: Env;
  readonly #executor: Executor;
  readonly #runner: HookRunner;
  readonly #state = new RulesetState();
  readonly #flowtables: Flowtables | null;
  readonly #listeners = new Set<(event: RulesetEvent) => void>();

  constructor(netns: Netns, options: NfTablesOptions = {}) {
    this.#netns = netns;
    this.#env = {
      netns,
      conntrack: options.conntrack ?? null,
      nat: options.nat ?? null,
      synproxy: options.conntrack === undefined ? null : new Synproxy(netns, options.conntrack),
    };
    this.#executor = options.executor ?? new Interpreter(netns);
    this.#runner = new HookRunner(netns, this.#executor);
    this.#flowtables =
      options.flowtables === undefined ? null : new Flowtables(netns, options.flowtables);
  }

  /** Null without connection tracking. */
  get synproxy(): Synproxy | null {
    return this.#env.synproxy;
  }

  /** Number of the ruleset; every batch that was taken makes the next. */
  get generation(): number {
    return this.#state.generation;
  }

  /**
   * Applies a batch: all of it, or nothing.
   * @throws TransactionError with errno, sentence, the change's position and source
   */
  apply(batch: Batch): void {
    this.#commit(applyBatch(this.#state, this.#env, batch, false, this.#listeners.size > 0));
  }

  /**
   * Puts back what `save` gave, on an engine that is empty: with its handles and its generation.
   * @throws TransactionError if it is no ruleset that could have been saved
   */
  restore(saved: SavedRuleset): void {
    declareEstimators(this.#env.netns, saved.program);
    this.#commit(applyBatch(this.#state, this.#env, restoringBatch(saved.program), true));
    resume(this.#state, saved);
  }

  /** The ruleset of now and the numbers that continue with it. */
  save(): SavedRuleset {
    return { program: this.list(), ...this.numbers };
  }

  /** The generation and the handles given so far, also by batches that were refused. */
  get numbers(): Omit<SavedRuleset, 'program'> {
    return savedNumbers(this.#state);
  }

  #commit(tx: Transaction): void {
    for (const chain of tx.chains) this.#executor.invalidate(chain);
    // In the order they were made: of equal priority the one registered last runs first.
    for (const chain of tx.chains) this.#hookChain(chain);
    for (const table of tx.tables) this.#hook(table);
    const { conntrack } = this.#env;
    if (conntrack !== null) this.#flowtables?.sync(this.#state, tx.tables, conntrack);
    this.#tell(tx);
    tx.finish();
  }

  #tell(tx: Transaction): void {
    if (tx.done.length === 0 || this.#listeners.size === 0) return;
    const event: RulesetEvent = { generation: this.generation, changes: [...tx.done] };
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The ruleset of now as frozen data, with counters, quotas and the time elements have left. */
  list(): Program {
    return listState(this.#state, this.#netns.clock.now());
  }

  /** Counted without listing it. */
  get size(): RulesetSize {
    const tables = [...this.#state.tables.values()];
    const chains = tables.flatMap((table) => [...table.chains.values()]);
    const rules = chains.reduce((sum, chain) => sum + chain.rules.length, 0);
    return { tables: tables.length, chains: chains.length, rules };
  }

  /** Zeroes counters, quotas and the like, as `nft reset` does; `list` before it to see them. */
  reset(change: Omit<Extract<Change, { op: 'reset' }>, 'op'>): void {
    this.apply([{ op: 'reset', ...change }]);
  }

  events(listener: (event: RulesetEvent) => void): Subscription {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** Packets and bytes that met a base chain's policy, or undefined where there is no such chain. */
  policyHits(
    family: Table['family'],
    table: string,
    chain: string,
  ): { readonly packets: number; readonly bytes: number } | undefined {
    const found = this.#state.find(family, table)?.chains.get(chain);
    return found && { packets: found.packets, bytes: found.bytes };
  }

  /** Registers chains again after devices came or went. */
  devicesChanged(): void {
    for (const table of this.#state.tables.values()) this.#hook(table);
    this.#flowtables?.devicesChanged();
  }

  /** Takes every hook away; the namespace then passes packets as without a ruleset. */
  close(): void {
    for (const table of this.#state.tables.values())
      for (const chain of table.chains.values()) this.#unhook(chain);
    this.#flowtables?.close();
    this.#listeners.clear();
  }

  /** Brings a table's registrations in line with its chains, devices and dormancy. */
  #hook(table: Table): void {
    for (const chain of [...table.chains.values(), ...table.retired]) this.#hookChain(chain);
    table.retired.clear();
  }

  #hookChain(chain: Chain): void {
    const { table } = chain;
    const here = this.#state.find(table.family, table.name) === table && !table.dormant;
    if (!here || table.chains.get(chain.name) !== chain) this.#unhook(chain);
    else if (isOnDevices(chain)) this.#hookDevices(chain);
    else if (chain.registrations.length === 0) this.#hookNetwork(chain);
  }

  #unhook(chain: Chain): void {
    for (const registration of chain.registrations) registration.remove();
    chain.registrations = [];
  }

  #hookNetwork(chain: Chain): void {
    const { family } = chain.table;
    const { base } = chain;
    if (base === undefined || family === 'netdev') return;
    const entry = this.#runner.entry(chain, base.priority);
    const remove =
      base.type === 'nat'
        ? this.#hookNat(family, base.hook, entry)
        : this.#netns.hooks.register(family, base.hook, entry);
    chain.registrations = [{ entry, remove }];
  }

  /** nat chains run once per connection, from nat's own hooks (nf_nat_register_fn). */
  #hookNat(family: Exclude<Family, 'netdev'>, hook: HookName, entry: HookEntry): () => void {
    const { nat } = this.#env;
    const known =
      hook === 'prerouting' || hook === 'input' || hook === 'output' || hook === 'postrouting';
    const ip = family === 'ip' || family === 'ip6' || family === 'inet';
    return nat !== null && known && ip
      ? nat.registerChain(family, hook, entry)
      : this.#netns.hooks.register(family, hook, entry);
  }

  #hookDevices(chain: Chain): void {
    this.#unhook(chain);
    const { base } = chain;
    if (base?.hook !== 'ingress' && base?.hook !== 'egress') return;
    const { hook, priority } = base;
    const devices = devicesNamed(this.#netns, chain.devices);
    chain.registrations = devices.map((device) => this.#onDevice(chain, device, hook, priority));
  }

  #onDevice(
    chain: Chain,
    device: NetDevice,
    hook: 'ingress' | 'egress',
    priority: number,
  ): Registration {
    const point: HookPoint = this.#netns.hooks.devicePoint(device, hook);
    const entry = this.#runner.entry(chain, priority);
    return { entry, remove: this.#netns.hooks.registerAt(point, entry) };
  }
}

const isOnDevices = (chain: Chain): boolean =>
  chain.base?.hook === 'ingress' || chain.base?.hook === 'egress';
