// What the kernel tells of a packet, as a trace of this project's: the steps that it tells, and nothing
// that it does not (rules that did not match, connections, routes, what became of the packet elsewhere).

import { hex } from '../../../bytes/index.ts';
import type { RuleRef, SourcePlace } from '../../../core/index.ts';
import { describePacket } from '../../../lab/index.ts';
import { familyOf, type NftTrace } from '../../../netlink/index.ts';
import { compile, listRuleset } from '../../../nft/index.ts';
import type { Chain, Program } from '../../../program/index.ts';
import {
  type DetailStep,
  type HookStep,
  outcomeOf,
  type PacketTrace,
  TRACE_SCHEMA,
} from '../../../trace/index.ts';
import {
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  NF_ACCEPT,
  NF_DROP,
  NF_QUEUE,
  NF_STOLEN,
  NF_VERDICT_MASK,
  NFPROTO_ARP,
} from '../../../uapi/index.ts';

const VERDICTS: Readonly<Record<number, string>> = {
  [NF_DROP]: 'drop',
  [NF_ACCEPT]: 'accept',
  [NF_STOLEN]: 'stolen',
  [NF_QUEUE]: 'queue',
  [-1]: 'continue',
  [-2]: 'break',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
};

export function verdictText({ verdict, type, policy }: NftTrace): string {
  if (type === 'policy') return `policy ${VERDICTS[policy ?? verdict?.code ?? NF_ACCEPT]}`;
  if (verdict === undefined) return '';
  const { code, chain } = verdict;
  // A queue's number stands in the upper half.
  const word = code < 0 ? VERDICTS[code] : VERDICTS[code & NF_VERDICT_MASK];
  if ((code & NF_VERDICT_MASK) === NF_QUEUE && code > 0) return `queue ${code >>> 16}`;
  return `${word ?? `verdict ${code}`}${chain === undefined ? '' : ` ${chain}`}`;
}

/** What is behind the headers is not told, and a packet made here has no checksum yet. */
const WRONG_CHECKSUM =
  / ?(?:\[bad [^\]]*\]|\(wrong [^!]*!\)|bad igmp cksum [^!]*!|cksum 0x[0-9a-f]+ \(incorrect[^)]*\),?)/g;

const bytesOf = ({ network, transport }: NftTrace): Uint8Array =>
  new Uint8Array([...network, ...transport]);

/** Of the bridge's packets only their bytes say what they are. */
function protocolOf({ nfproto, network }: NftTrace): number {
  if (nfproto === NFPROTO_ARP) return ETH_P_ARP;
  return (network[0] ?? 0) >>> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
}

/** The packet's headers as far as the kernel tells them: 40 bytes and 20. */
export const packetText = (trace: NftTrace): string =>
  describePacket(bytesOf(trace), protocolOf(trace)).replace(WRONG_CHECKSUM, '');

type At = Pick<NftTrace, 'family' | 'table' | 'chain'>;
const keyOf = ({ family, table, chain }: At): string => `${family} ${table} ${chain}`;

interface Known {
  readonly chain: Chain;
  /** Where the chain and each of its rules stand in `nft -s list ruleset`. */
  readonly source?: SourcePlace;
  readonly rules: readonly (SourcePlace | undefined)[];
}

const LISTING = 'ruleset';

type Names = (index: number) => string;

/** The chains of a ruleset, with the lines they have in its listing. */
function chainsOf(program: Program, names: Names): ReadonlyMap<string, Known> {
  const text = listRuleset(program, { stateless: true, names: { interface: names } });
  // Only places are looked at: any interface will do.
  const { batch } = compile({ name: LISTING, text }, { symbols: { interfaceIndex: () => 1 } });
  const places = new Map<string, { source?: SourcePlace; rules: (SourcePlace | undefined)[] }>();
  for (const change of batch) {
    if (change.op === 'newchain') {
      const { source } = change.chain;
      const at = { ...change, chain: change.chain.name };
      places.set(keyOf(at), { ...(source && { source }), rules: [] });
    } else if (change.op === 'newrule')
      places.get(keyOf(change))?.rules.push(change.rule.source ?? change.source);
  }
  return new Map(
    program.tables.flatMap(({ family, name: table, chains }) =>
      chains.map((chain) => {
        const key = keyOf({ family, table, chain: chain.name });
        const known = places.get(key) ?? { rules: [] };
        // A listing that does not read back rule by rule gives no lines.
        const rules = known.rules.length === chain.rules.length ? known.rules : [];
        return [key, { ...known, chain, rules }] as const;
      }),
    ),
  );
}

/** Rulesets by generation, the newest first. */
export class KnownRules {
  readonly #chains = new WeakMap<Program, ReadonlyMap<string, Known>>();
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  #of(program: Program): ReadonlyMap<string, Known> {
    const known = this.#chains.get(program);
    if (known !== undefined) return known;
    const chains = chainsOf(program, this.#names);
    this.#chains.set(program, chains);
    return chains;
  }

  chain(programs: readonly Program[], at: At): Known | undefined {
    for (const program of programs) {
      const found = this.#of(program).get(keyOf(at));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The base chain by which a packet that is met in the midst of a table may have come. */
  base(programs: readonly Program[], at: At): Known | undefined {
    const own = this.chain(programs, at);
    if (own === undefined || own.chain.base !== undefined) return own;
    const all = [...this.#of(programs[0]!)].filter(([key]) =>
      key.startsWith(`${at.family} ${at.table} `),
    );
    const bases = all.map(([, known]) => known).filter(({ chain }) => chain.base !== undefined);
    return bases.length === 1 ? bases[0] : undefined;
  }

  rule(programs: readonly Program[], trace: NftTrace): RuleRef | undefined {
    const { family, table, chain, handle } = trace;
    for (const program of programs) {
      const known = this.#of(program).get(keyOf(trace));
      const index = known?.chain.rules.findIndex((one) => one.handle === handle) ?? -1;
      const rule = known?.chain.rules[index];
      if (known === undefined || rule === undefined) continue;
      const [source, { comment }] = [known.rules[index], rule];
      return {
        ...{ family, table, chain, index },
        ...(handle !== undefined && { handle }),
        ...(comment !== undefined && { comment }),
        ...(source !== undefined && { source }),
      };
    }
    return undefined;
  }
}

/** A hook that is not finished. */
interface Open {
  readonly hook: Omit<HookStep, 'verdict' | 'steps' | 'changes'>;
  readonly base: string;
  readonly isNat: boolean;
  readonly steps: DetailStep[];
  /** Chains that were jumped from. */
  readonly stack: string[];
  readonly mark: number;
  markNow: number;
  verdict: string;
  done: boolean;
}

function opened(first: NftTrace, base: Known | undefined, mark: number): Open {
  const { family, table, chain } = first;
  const { hook, priority } = base?.chain.base ?? { hook: 'chain', priority: 0 };
  const name = base?.chain.name ?? chain;
  return {
    hook: {
      kind: 'hook',
      family: familyOf(first.nfproto) ?? family,
      hook,
      priority,
      name: `${family} ${table} ${name}`,
      type: 'chain',
    },
    base: keyOf({ family, table, chain: name }),
    isNat: base?.chain.base?.type === 'nat',
    steps: [],
    stack: [],
    ...{ mark, markNow: mark, verdict: 'accept', done: false },
  };
}

/** The steps of one trace message within its hook. */
function stepsOf(trace: NftTrace, open: Open, rule: RuleRef | undefined): DetailStep[] {
  const { family, table, chain, type } = trace;
  const verdict = verdictText(trace);
  if (type === 'policy') {
    const source = open.hook.type === 'chain' && rule?.source ? { source: rule.source } : {};
    return [
      { kind: 'policy', family, table, chain, verdict: verdict.replace('policy ', ''), ...source },
    ];
  }
  const steps: DetailStep[] = [];
  if (trace.handle !== undefined) {
    const known = rule ?? { family, table, chain, index: 0, handle: trace.handle };
    const says = verdict === 'continue' || verdict === 'break' ? {} : { verdict };
    steps.push({ kind: 'rule', rule: known, matched: true, steps: [], ...says });
  }
  const [, how, to = ''] = /^(jump|goto) (.*)/.exec(verdict) ?? [];
  if (how === 'jump') open.stack.push(chain);
  if (how === 'jump' || how === 'goto')
    steps.push({ kind: 'chain', family, table, chain: to, how });
  else if (type === 'return' || verdict === 'return') {
    const back = open.stack.pop();
    if (back !== undefined)
      steps.push({ kind: 'chain', family, table, chain: back, how: 'return' });
  }
  return steps;
}

const markText = (mark: number): string => `0x${(mark >>> 0).toString(16)}`;

function closed({ hook, steps, mark, markNow, verdict }: Open): HookStep {
  const changes =
    mark === markNow
      ? []
      : [{ field: 'meta mark', before: markText(mark), after: markText(markNow) }];
  return { ...hook, verdict, steps, changes };
}

/** Translation's own hooks run the chains of type nat (nf_nat_proto.c). */
function withinNat(hooks: readonly HookStep[], isNat: readonly boolean[]): HookStep[] {
  const all: { step: HookStep; inner: HookStep[] }[] = [];
  hooks.forEach((step, i) => {
    const last = all.at(-1);
    if (isNat[i] !== true) all.push({ step, inner: [] });
    else if (last !== undefined && last.inner.length > 0 && last.step.hook === step.hook)
      last.inner.push(step);
    else all.push({ step, inner: [step] });
  });
  return all.map(({ step, inner }) => {
    if (inner.length === 0) return step;
    const isSource = step.hook === 'postrouting' || step.hook === 'input';
    const [name, priority] = isSource ? ['nat src', 100] : ['nat dst', -100];
    const { verdict } = inner.at(-1)!;
    return { ...step, type: 'implicit', name, priority, verdict, steps: inner, changes: [] };
  });
}

const ENDS = /^(policy|accept|drop|queue|stolen)/;

export interface TellOptions {
  readonly rules: KnownRules;
  readonly names: Names;
  /** Nanoseconds since the first that was told. */
  readonly time: number;
}

/** The trace of a packet, from the messages about it in their order. */
export function toldTrace(
  messages: readonly NftTrace[],
  programs: readonly Program[],
  { rules, names, time }: TellOptions,
): PacketTrace {
  const hooks: Open[] = [];
  for (const trace of messages) {
    const base = rules.base(programs, trace);
    const before = hooks.at(-1);
    const key = base && keyOf({ ...trace, chain: base.chain.name });
    const same = before !== undefined && !before.done && (key === undefined || key === before.base);
    if (!same) hooks.push(opened(trace, base, before?.markNow ?? trace.mark));
    const open = hooks.at(-1)!;
    const rule = trace.type === 'policy' ? policyOf(base, trace) : rules.rule(programs, trace);
    open.steps.push(...stepsOf(trace, open, rule));
    open.markNow = trace.mark;
    const verdict = verdictText(trace);
    if (!ENDS.test(verdict)) continue;
    open.done = true;
    open.verdict = verdict.replace('policy ', '');
  }
  const [first] = messages;
  const isNat = hooks.map(({ isNat }) => isNat);
  const steps = withinNat(hooks.map(closed), isNat);
  const [inName, outName] = [first?.iif ?? 0, messages.at(-1)?.oif ?? 0].map((i) =>
    i === 0 ? '' : names(i),
  );
  const outcome = outcomeOf(steps, '');
  const isStolen = steps.at(-1)?.verdict === 'stolen';
  return {
    schema: TRACE_SCHEMA,
    time,
    packet: {
      ...(inName !== '' && { in: inName! }),
      protocol: first === undefined ? ETH_P_IP : protocolOf(first),
      text: first === undefined ? '' : packetText(first),
      bytes: first === undefined ? '' : hex(bytesOf(first)),
    },
    steps,
    outcome: {
      ...outcome,
      // The kernel tells of rules alone.
      fate: outcome.fate === 'consumed' && !isStolen ? 'passed' : outcome.fate,
      devices: outName === '' || outcome.fate === 'dropped' ? [] : [outName!],
    },
  };
}

const policyOf = (base: Known | undefined, { family, table, chain }: NftTrace): RuleRef => ({
  ...{ family, table, chain, index: -1 },
  ...(base?.source && { source: base.source }),
});
