// A capture through a firewall: what became of its packets, added up. Nothing here grows with the
// length of the capture, only with the ruleset and the kinds of things that happen.
import type { Decision, DetailStep, PacketTrace } from '../trace/index.ts';
import { causeOf, flatSteps, placeOf, ruleText } from '../trace/index.ts';

/** Packets and bytes. */
export interface Count {
  packets: number;
  bytes: number;
}

/** A rule or a policy, and what it decided. */
export interface DecisionCount extends Count {
  /** `gateway.nft:14`, or a chain. */
  readonly place: string;
  readonly text: string;
  readonly verdict: string;
}

export interface ReplaySummary {
  readonly read: Count;
  /** By what became of them: forwarded, delivered, sent, dropped … */
  readonly fates: Readonly<Record<string, Count>>;
  /** Most packets first. */
  readonly decisions: readonly DecisionCount[];
  /** Reasons of the kernel for what no rule dropped. */
  readonly drops: Readonly<Record<string, number>>;
  /** By connection state: NEW, ESTABLISHED … */
  readonly states: Readonly<Record<string, number>>;
  /** Connections that were confirmed. */
  readonly flows: number;
  readonly nat: {
    /** Connections given an address, `src` and `dst`. */
    readonly bindings: Readonly<Record<string, number>>;
    /** The first of them, as `src 10.0.0.2:1 → 192.0.2.1:1`. */
    readonly examples: readonly string[];
  };
  /** Packets made in answer: `tcp reset`, `icmp …`. */
  readonly answers: Readonly<Record<string, number>>;
  /** Frames that were not sent through, by why. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Constructs that could not be evaluated and that verdicts depended on. */
  readonly depends: Readonly<Record<string, number>>;
}

const EXAMPLES = 10;

const add = (counts: Map<string, Count>, key: string, bytes: number): void => {
  const count = counts.get(key) ?? { packets: 0, bytes: 0 };
  count.packets++;
  count.bytes += bytes;
  counts.set(key, count);
};

const bump = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

type RulesetDecision = Exclude<Decision, { by: 'stack' }>;

function decisionKey(d: RulesetDecision): string {
  if (d.by === 'flowtable') return d.flowtable;
  return d.by === 'rule'
    ? `${d.rule.family} ${d.rule.table} ${d.rule.chain} ${d.rule.index}`
    : `${d.family} ${d.table} ${d.chain}`;
}

function decisionLine(d: RulesetDecision): Omit<DecisionCount, keyof Count> {
  if (d.by === 'flowtable')
    return { place: `flowtable ${d.flowtable}`, text: 'past the rules', verdict: 'accept' };
  if (d.by === 'rule')
    return { place: placeOf(d.rule), text: ruleText(d.rule), verdict: d.verdict };
  const text = `policy of ${d.family} ${d.table} ${d.chain}`;
  return { place: placeOf(d), text, verdict: d.verdict };
}

/** Adds traces up. */
export class ReplayTally {
  readonly #read: Count = { packets: 0, bytes: 0 };
  readonly #fates = new Map<string, Count>();
  readonly #decisions = new Map<string, DecisionCount>();
  readonly #drops = new Map<string, number>();
  readonly #states = new Map<string, number>();
  readonly #bindings = new Map<string, number>();
  readonly #examples: string[] = [];
  readonly #answers = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  readonly #depends = new Map<string, number>();
  #flows = 0;

  /** A frame that never reached the firewall. */
  skip(why: string, bytes: number): void {
    this.#count(bytes);
    bump(this.#skipped, why);
  }

  #count(bytes: number): void {
    this.#read.packets++;
    this.#read.bytes += bytes;
  }

  /** A packet that was sent through. `bytes` is its length on the wire. */
  add(trace: PacketTrace, bytes: number): void {
    this.#count(bytes);
    const { fate, decision, reason, depends } = trace.outcome;
    add(this.#fates, fate, bytes);
    if (decision !== undefined && decision.by !== 'stack') this.#decide(decision, bytes);
    if (fate === 'dropped' && decision?.by !== 'rule' && decision?.by !== 'policy')
      bump(this.#drops, reason ?? 'unknown');
    for (const on of depends) bump(this.#depends, on);
    for (const step of flatSteps(trace.steps)) this.#step(step);
  }

  #decide(decision: RulesetDecision, bytes: number): void {
    const key = decisionKey(decision);
    const known = this.#decisions.get(key);
    const count = known ?? { ...decisionLine(decision), packets: 0, bytes: 0 };
    count.packets++;
    count.bytes += bytes;
    if (known === undefined) this.#decisions.set(key, count);
  }

  #step(step: DetailStep): void {
    if (step.kind === 'conntrack') {
      if (step.action === 'confirm') this.#flows++;
      else bump(this.#states, step.state);
    } else if (step.kind === 'nat' && step.action === 'bind') {
      bump(this.#bindings, step.manip);
      if (this.#examples.length < EXAMPLES)
        this.#examples.push(`${step.manip} ${step.from ?? '?'} → ${step.to ?? '?'}`);
    } else if (step.kind === 'packet') this.#answer(step.trace);
  }

  /** A packet that another one caused; a reassembled or duplicated one is no answer. */
  #answer(trace: PacketTrace): void {
    const cause = causeOf(trace);
    if (cause !== undefined) bump(this.#answers, cause);
  }

  summary(): ReplaySummary {
    return {
      read: { ...this.#read },
      fates: Object.fromEntries(this.#fates),
      decisions: [...this.#decisions.values()].sort((a, b) => b.packets - a.packets),
      drops: Object.fromEntries(this.#drops),
      states: Object.fromEntries(this.#states),
      flows: this.#flows,
      nat: { bindings: Object.fromEntries(this.#bindings), examples: this.#examples },
      answers: Object.fromEntries(this.#answers),
      skipped: Object.fromEntries(this.#skipped),
      depends: Object.fromEntries(this.#depends),
    };
  }
}
