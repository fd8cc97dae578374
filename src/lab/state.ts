// A ruleset that lives between calls: what is kept, and how a batch changes it. Where it is kept is the caller's affair.

import {
  connectionsAfter,
  NO_CONNECTIONS,
  type SavedConnections,
  type SavedTimeouts,
  type SavedUserHelper,
  TimeoutPolicies,
  timeoutPoliciesOf,
} from '../conntrack/index.ts';
import { type Clock, manualClock, Netns, NS_PER_MS, seeded } from '../core/index.ts';
import {
  Accounting,
  accountingOf,
  IpSets,
  ipSetsOf,
  NfTables,
  type SavedRuleset,
  TransactionError,
} from '../engine/index.ts';
import {
  type AcctObject,
  type Batch,
  type CtInfo,
  type Expr,
  type IpSet,
  ipSetsAfter,
  type NfacctInfo,
  type Program,
  programAfter,
  type SetInfo,
  type SetTargetInfo,
  type Table,
} from '../program/index.ts';

export interface RulesetStateData extends SavedRuleset {
  /** Indexes given to interfaces, so that a rule that names one by index is listed as written. */
  readonly interfaces: Readonly<Record<string, number>>;
  /** The namespace's IP sets; no table has them. */
  readonly ipsets?: readonly IpSet[];
  /** Accounting objects of nfacct. */
  readonly accounting?: readonly AcctObject[];
  /** Connections and expectations; their times run from `at`. */
  readonly connections?: SavedConnections;
  /** Timeout policies of nfct, and protocols' timeouts that it changed. */
  readonly timeouts?: SavedTimeouts;
  /** Helpers in user space that nfct announced. */
  readonly helpers?: readonly SavedUserHelper[];
  /** When it was so: milliseconds since 1970. */
  readonly at: number;
}

/** One step of a ruleset: the state behind it, and its changes with the handles they were given. */
export interface Step {
  readonly state: RulesetStateData;
  readonly changes: Batch;
}

/** A batch that was refused, and the state with the handles that went with it. */
export interface Refused {
  readonly refused: TransactionError;
  readonly state: RulesetStateData;
}

/** Applies a batch to a state as the kernel would, all of it or nothing. */
export function stepState(
  state: RulesetStateData,
  batch: Batch,
  interfaces: Readonly<Record<string, number>>,
  now: number,
): Step | Refused {
  const netns = new Netns({ clock: manualClock(), random: seeded(now >>> 0) });
  // Rules may ask for sets by name.
  ipSetsOf(netns).restore(ipSetsAfter(state.ipsets ?? [], now - state.at));
  const engine = new NfTables(netns);
  engine.restore({ ...state, program: programAfter(state.program, now - state.at) });
  // Behind the rules that are there: none of them is refused for a policy or an object that went.
  timeoutPoliciesOf(netns).restore(state.timeouts ?? NO_TIMEOUTS);
  accountingOf(netns).restore(state.accounting ?? []);
  let changes: Batch = [];
  engine.events((event) => {
    changes = event.changes;
  });
  try {
    engine.apply(batch);
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    return { refused: error, state: { ...state, ...engine.numbers } };
  }
  const saved = engine.save();
  const program = withoutOwned(withoutSources(saved.program));
  const ipsets = state.ipsets && { ipsets: ipSetsAfter(state.ipsets, now - state.at) };
  const connections = withConnections(connectionsOfState(state, now));
  const { timeouts, helpers, accounting } = state;
  const kept = {
    ...(timeouts && { timeouts }),
    ...(helpers && { helpers }),
    ...(accounting && { accounting }),
  };
  return {
    state: { ...saved, program, interfaces, ...ipsets, ...connections, ...kept, at: now },
    changes,
  };
}

/** The connections of a state as they are now. */
export const connectionsOfState = (state: RulesetStateData, now: number): SavedConnections =>
  connectionsAfter(state.connections ?? NO_CONNECTIONS, (now - state.at) * NS_PER_MS);

const withConnections = (saved: SavedConnections): Pick<RulesetStateData, 'connections'> =>
  saved.connections.length === 0 && saved.expectations.length === 0 ? {} : { connections: saved };

/** The state with other connections. */
export const stateWithConnections = (
  { connections: _, ...state }: RulesetStateData,
  saved: SavedConnections,
  now: number,
): RulesetStateData => ({
  ...state,
  program: programAfter(state.program, now - state.at),
  ...(state.ipsets && { ipsets: ipSetsAfter(state.ipsets, now - state.at) }),
  ...withConnections(saved),
  at: now,
});

const NO_TIMEOUTS: SavedTimeouts = Object.freeze({ policies: [], defaults: {} });

/** The timeout policies of a state, with the rules that name them, to be changed. */
export function timeoutsOfState({ program, timeouts }: RulesetStateData): TimeoutPolicies {
  const policies = new TimeoutPolicies(new Netns({ clock: manualClock(), random: seeded(1) }));
  policies.restore(timeouts ?? NO_TIMEOUTS);
  for (const name of timeoutsNamed(program)) {
    const policy = policies.find(name);
    if (policy !== undefined) policy.uses++;
  }
  return policies;
}

const exprsOf = (program: Program): Expr[] =>
  program.tables.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.flatMap((r) => r.exprs)),
  );

const timeoutsNamed = (program: Program): string[] => exprsOf(program).flatMap(timeoutNamed);

function timeoutNamed(expr: Expr): readonly string[] {
  if (expr.kind !== 'target' || expr.name !== 'CT') return [];
  const { timeout = '' } = expr.info as Partial<CtInfo>;
  return timeout === '' ? [] : [timeout];
}

const accountNamed = (expr: Expr): readonly string[] =>
  expr.kind === 'match' && expr.name === 'nfacct' ? [(expr.info as NfacctInfo).name] : [];

/** The accounting objects of a state, with the rules that name them, to be changed. */
export function accountingOfState({ program, accounting = [] }: RulesetStateData): Accounting {
  const objects = new Accounting();
  objects.restore(accounting);
  for (const name of exprsOf(program).flatMap(accountNamed)) {
    const account = objects.find(name);
    if (account !== undefined) account.uses++;
  }
  return objects;
}

/** The sets a rule holds: they can be neither destroyed nor renamed (ip_set_nfnl_get_byindex of ip_set_core.c). */
function setsNamed(expr: Expr): readonly string[] {
  if (expr.kind === 'match' && expr.name === 'set') return [(expr.info as SetInfo).matchSet.name];
  if (expr.kind !== 'target' || expr.name !== 'SET') return [];
  const { addSet, delSet, mapSet } = expr.info as SetTargetInfo;
  return [addSet, delSet, mapSet].flatMap((one) => (one === undefined ? [] : [one.name]));
}

/** The IP sets of a state as they are now, with the rules that name them, to be changed; `stateWithIpSets` keeps them. */
export function ipSetsOfState(
  state: RulesetStateData,
  now: number,
  clock: Clock = manualClock(),
): IpSets {
  const sets = new IpSets({ clock, random: seeded(now) });
  sets.restore(ipSetsAfter(state.ipsets ?? [], now - state.at));
  for (const name of exprsOf(state.program).flatMap(setsNamed)) sets.get(name);
  return sets;
}

/** The state with other IP sets. */
export const stateWithIpSets = (
  state: RulesetStateData,
  sets: IpSets,
  now: number,
): RulesetStateData => ({
  ...state,
  program: programAfter(state.program, now - state.at),
  ...withConnections(connectionsOfState(state, now)),
  ipsets: sets.list().map(({ references: _, elements: __, memsize: ___, ...set }) => set),
  at: now,
});

/** The kernel keeps no places of rules; the state would be twice as large with them. */
const withoutSources = (program: Program): Program => ({
  tables: program.tables.map((table) => ({
    ...table,
    chains: table.chains.map(({ source: _, ...chain }) => ({
      ...chain,
      rules: chain.rules.map(({ source: __, ...rule }) => rule),
    })),
    sets: table.sets.map(({ source: _, ...set }) => set),
    objects: table.objects.map(({ source: _, ...object }) => object),
    flowtables: table.flowtables.map(({ source: _, ...flowtable }) => flowtable),
  })),
});

/** A table that belongs to a process goes with it, unless it is to persist (nft_rcv_nl_event). */
const withoutOwned = (program: Program): Program => ({
  tables: program.tables.filter(isKept).map(unowned),
});

const isKept = ({ flags }: Table): boolean => !flags.includes('owner') || flags.includes('persist');

const unowned = (table: Table): Table =>
  table.flags.includes('owner')
    ? { ...table, flags: table.flags.filter((flag) => flag !== 'owner') }
    : table;
