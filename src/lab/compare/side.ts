// One of the two firewalls: what becomes of a packet in it, and which rules were met on the way.

import { hex } from '../../bytes/index.ts';
import { describeEntry } from '../../conntrack/index.ts';
import type {
  HookEntry,
  HookPoint,
  ManualClock,
  NetDevice,
  Packet,
  RuleRef,
  TraceEvent,
  Tracer,
  Verdict,
} from '../../core/index.ts';
import { manualClock, seeded } from '../../core/index.ts';
import { ipSetsOf } from '../../engine/index.ts';
import type { AcctObject, Batch, IpSetChange, Program } from '../../program/index.ts';
import type { StackConfig } from '../../stack/index.ts';
import { placeOf, ruleText } from '../../trace/index.ts';
import type { Arrival } from '../arrival.ts';
import { createFirewall, type Firewall, type InjectOptions } from '../firewall.ts';
import { Acts } from './acts.ts';

/** What a person outside of the firewall sees of one packet sent in. */
export interface Effect {
  /** `eth1 mark 0x1 4500…`: frames that left, in order, with the mark they had. */
  readonly sent: readonly string[];
  /** Packets handed to a program of the firewall, with their mark. */
  readonly delivered: readonly string[];
  readonly queued: readonly string[];
  /** A rule or policy has dropped it, or what it gave rise to. */
  readonly isRefused: boolean;
  /** Marks it had behind the last rule, also where it goes no further. */
  readonly marked: readonly string[];
  /** Connections with their translation and marks, after the packet. */
  readonly connections: readonly string[];
  /** What was written to the log. */
  readonly logged: readonly string[];
  /** What rules did besides: count, keep time, fill sets. */
  readonly acts: readonly string[];
  /** Places of rules that counted it, or that matched where they have no counter; in order. */
  readonly rules: readonly string[];
  /** The rule or policy that had the last say. */
  readonly decision: string;
}

/** Verdicts that only lead on. */
const GOES_ON = /^(jump|goto|return|continue|break)\b/;

/** How far evaluation came in each rule of a chain: a bit for each expression it failed at, and one for all. */
interface ChainCoverage {
  readonly name: string;
  readonly branches: number[];
}

/** Bits of a number that stay whole numbers. */
const MATCHED = 30;

/** Rules met, by place: how far evaluation came in each. */
export class Coverage {
  readonly reached = new Set<string>();
  readonly matched = new Set<string>();
  /** Ways to leave a rule that were seen: tells packets apart that fail for other reasons. */
  met = 0;
  /** Rules that were evaluated, each time. */
  work = 0;
  readonly #chains = new Map<string, ChainCoverage>();
  #last: RuleRef | undefined;
  #chain: ChainCoverage = { name: '', branches: [] };

  add(rule: RuleRef, matched: boolean, failed = 0): void {
    this.work++;
    const { branches } = this.#of(rule);
    const bit = 1 << (matched ? MATCHED : Math.min(failed, MATCHED - 1));
    const before = branches[rule.index] ?? 0;
    if ((before & bit) !== 0) return;
    branches[rule.index] = before | bit;
    this.met++;
    const place = placeOfRule(rule);
    this.reached.add(place);
    if (matched) this.matched.add(place);
  }

  /** The last expression of a rule that some packet failed at. */
  furthest(rule: RuleRef): number | undefined {
    const branches = this.#chains.get(`${rule.family} ${rule.table} ${rule.chain}`)?.branches[
      rule.index
    ];
    return branches === undefined ? undefined : 31 - Math.clz32(branches);
  }

  /** Of thousands of rules in a row nearly all are in the chain of the one before. */
  #of(rule: RuleRef): ChainCoverage {
    const last = this.#last;
    if (last?.chain === rule.chain && last.table === rule.table && last.family === rule.family)
      return this.#chain;
    this.#last = rule;
    const name = `${rule.family} ${rule.table} ${rule.chain}`;
    this.#chain = this.#chains.get(name) ?? { name, branches: [] };
    this.#chains.set(name, this.#chain);
    return this.#chain;
  }
}

export const placeOfRule = (rule: Pick<RuleRef, 'family' | 'table' | 'chain' | 'index'>): string =>
  `${rule.family} ${rule.table} ${rule.chain} ${rule.index}`;

/** What one firewall is made of. */
interface Ruleset {
  readonly batches: readonly Batch[];
  readonly program: Program;
  readonly ipsets?: readonly IpSetChange[];
  readonly accounting?: readonly AcctObject[];
  /** Places of rules by those of the rules they stand for; undefined where they only lead to one. */
  readonly moved?: ReadonlyMap<string, string | undefined>;
}

/** Events of one packet; more than that are a loop. */
const MOST_EVENTS = 50_000;

class Endless extends Error {}

export class Side implements Tracer {
  readonly rulesOnly = true;
  /** Which rules count a packet is asked for. */
  countsRules = false;
  readonly coverage: Coverage;
  /** As `sluice trace` begins, so that it shows the same. */
  readonly clock: ManualClock = manualClock();
  readonly #moved: ReadonlyMap<string, string | undefined>;
  readonly firewall: Firewall;
  /** Constructs that could not be evaluated, and that some verdict depended on. */
  readonly depends: Set<string>;
  readonly #acts: Acts;
  #logged: string[] = [];
  #done: string[] = [];
  #fills = false;
  #isRefused = false;
  #events = 0;
  /** It was stopped in the middle of a packet, and is good for no other. */
  isSpent = false;
  #carried = '';
  #sent: string[] = [];
  #delivered: string[] = [];
  #queued: string[] = [];
  #rules: string[] = [];
  #decision = '';
  /** Frames that left, for whoever answers them. */
  readonly out: { readonly device: string; readonly frame: Uint8Array }[] = [];

  /** @param before the same firewall, used up: what is known of the ruleset stays */
  constructor(ruleset: Ruleset, network: StackConfig, seed: number, before?: Side) {
    const { batches, program, ipsets = [], accounting, moved = new Map() } = ruleset;
    this.#moved = moved;
    this.coverage = before?.coverage ?? new Coverage();
    this.depends = before?.depends ?? new Set();
    this.#acts = before === undefined ? new Acts(program) : before.#acts;
    this.firewall = createFirewall({
      network,
      rulesets: batches,
      ipsets,
      ...(accounting && { accounting }),
      clock: this.clock,
      random: seeded(seed),
      tracer: this,
      transmitted: (device, frame) => this.out.push({ device: device.name, frame: frame.slice() }),
    });
  }

  enterHook(): void {}

  leaveHook(packet: Packet, point: HookPoint, entry: HookEntry, verdict: Verdict): void {
    if (verdict.kind === 'queue') this.#queued.push(`${point.hook} queue ${verdict.num}`);
    if (entry.kind !== 'chain') return;
    if (verdict.kind === 'drop') this.#isRefused = true;
    this.#carried = markText(packet);
  }

  emit(packet: Packet, event: TraceEvent): void {
    if (++this.#events > MOST_EVENTS) throw new Endless();
    if (event.kind === 'rule') this.#rule(event);
    else if (event.kind === 'policy') this.#policy(event);
    else if (event.kind === 'transmit')
      this.#sent.push(`${event.device}${markText(packet)} ${event.bytes}`);
    else if (event.kind === 'deliver')
      this.#delivered.push(
        `${event.socket === undefined ? '' : ` to ${event.socket}`}${markText(packet)} ${hex(packet.networkBytes())}`,
      );
    // Nothing is written for AUDIT, and nothing for a log of nft at the level `audit`.
    else if (event.kind === 'log' && (event.text !== '' || event.group !== undefined))
      this.#logged.push(`${event.group === undefined ? '' : `group ${event.group} `}${event.text}`);
    else if (event.kind === 'depends') this.depends.add(event.on);
  }

  #rule({ rule, matched, failed = 0, verdict }: Extract<TraceEvent, { kind: 'rule' }>): void {
    this.coverage.add(rule, matched, failed);
    if (!matched && !(this.countsRules && failed > 0)) return;
    const place = placeOfRule(rule);
    const stands = this.#moved.has(place) ? this.#moved.get(place) : place;
    if (stands !== undefined && (matched || this.#acts.isCounted(place, failed)))
      this.#rules.push(stands);
    if (matched) this.#act(place);
    if (verdict !== undefined && !GOES_ON.test(verdict))
      this.#decision = `${placeOf(rule)}  ${ruleText(rule)}`;
  }

  #act(place: string): void {
    const act = this.#acts.of(place);
    if (act !== undefined) this.#done.push(act);
    this.#fills ||= this.#acts.fillsSet(place);
  }

  /** What stands in sets that rules fill, where one has just done so; time left is not compared. */
  #sets(): string[] {
    const { netns, engine } = this.firewall;
    const plain = (value: unknown): string =>
      JSON.stringify(value, (key, inner: unknown) => (TIMES.has(key) ? undefined : inner));
    const own = engine.list().tables.flatMap(({ sets }) => sets.filter((s) => !/^__/.test(s.name)));
    return [
      ...ipSetsOf(netns)
        .list()
        .map(({ name, entries }) => `set ${name} ${entries.map(plain).sort().join(' ')}`),
      ...own.map(({ name, elements }) => `set ${name} ${elements.map(plain).sort().join(' ')}`),
    ];
  }

  #policy(event: Extract<TraceEvent, { kind: 'policy' }>): void {
    // A policy that accepts says less than the rule that accepted before it.
    if (event.verdict !== 'accept' || this.#decision === '')
      this.#decision = `${placeOf(event)}  policy ${event.verdict} of ${event.chain}`;
  }

  /** Sends a packet in by a device, or out from the firewall itself. */
  send(arrival: Arrival, device: NetDevice | undefined, options: InjectOptions): Effect {
    this.#sent = [];
    this.#delivered = [];
    this.#queued = [];
    this.#rules = [];
    this.#logged = [];
    this.#done = [];
    this.#fills = false;
    this.#isRefused = false;
    this.#carried = '';
    this.#decision = '';
    this.out.length = 0;
    this.#events = 0;
    this.#inject(arrival, device, options);
    return {
      sent: this.#sent,
      delivered: this.#delivered,
      queued: this.#queued,
      isRefused: this.#isRefused,
      marked: this.#isRefused || this.#carried === '' ? [] : [`left with${this.#carried}`],
      connections: this.#connections(),
      logged: this.#logged,
      acts: this.#fills ? [...this.#done.sort(), ...this.#sets()] : this.#done.sort(),
      rules: this.#rules,
      decision: this.#decision,
    };
  }

  /** What is copied to the firewall itself is copied again and again. */
  #inject(arrival: Arrival, device: NetDevice | undefined, options: InjectOptions): void {
    try {
      this.firewall.inject(arrival, device, options);
    } catch (error) {
      if (!(error instanceof Endless)) throw error;
      this.isSpent = true;
      this.#sent = [];
      this.#delivered = [];
      this.#queued = ['goes round for ever'];
    }
  }

  #connections(): string[] {
    const { conntrack } = this.firewall;
    return [...conntrack.connections.dump()].map((entry) => describeEntry(entry)).sort();
  }

  /** Connections are forgotten, sets and limits are not. */
  forget(): void {
    this.firewall.conntrack.connections.flush();
  }
}

const TIMES = new Set(['expires', 'handle', 'source']);

const HEX = (value: number): string => `0x${value.toString(16)}`;

/** Marks, and what else a packet carries beside its bytes. */
const markText = ({ mark, priority, secmark, nftrace }: Packet): string =>
  (mark === 0 ? '' : ` mark ${HEX(mark)}`) +
  (priority === 0 ? '' : ` priority ${HEX(priority)}`) +
  (secmark === 0 ? '' : ` secmark ${HEX(secmark)}`) +
  (nftrace ? ' traced' : '');

export type Aspect =
  | 'fate'
  | 'sent'
  | 'delivered'
  | 'queued'
  | 'connections'
  | 'marked'
  | 'logged'
  | 'acts'
  | 'rules';

const ASPECTS = ['sent', 'delivered', 'queued', 'connections', 'marked', 'logged', 'acts'] as const;

const isSame = (x: readonly string[], y: readonly string[]): boolean =>
  x.length === y.length && x.every((line, i) => line === y[i]);

/**
 * In what two effects differ first; undefined where they are the same.
 * @param withRules the same rules have to match, as of a ruleset and its translation
 */
export function difference(a: Effect, b: Effect, withRules: boolean): Aspect | undefined {
  if (fateOf(a) !== fateOf(b)) return 'fate';
  const differing = ASPECTS.find(
    (aspect) => !(withRules && aspect === 'acts') && !isSame(a[aspect], b[aspect]),
  );
  return differing ?? (withRules && !isSame(a.rules, b.rules) ? 'rules' : undefined);
}

function fateOf({ queued, sent, delivered, isRefused }: Effect): string {
  if (queued.length > 0) return 'queued';
  if (sent.length + delivered.length === 0) return isRefused ? 'dropped' : 'lost';
  // Of several copies of a frame rules may drop one.
  return `${sent.length > 0} ${delivered.length > 0} ${isRefused}`;
}
