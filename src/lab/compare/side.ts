// One of the two firewalls: what becomes of a packet in it, and which rules were met on the way.

import { hex, u16, unhex } from '../../bytes/index.ts';
import { describeEntry } from '../../conntrack/index.ts';
import type {
  ExprStep,
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
import type { AcctObject, Batch, IpSetChange } from '../../program/index.ts';
import type { StackConfig } from '../../stack/index.ts';
import { placeOf, ruleText } from '../../trace/index.ts';
import type { Arrival } from '../arrival.ts';
import { describePacket } from '../describe.ts';
import { createFirewall, type Firewall } from '../firewall.ts';

/** What a person outside of the firewall sees of one packet sent in. */
export interface Effect {
  /** `eth1 mark 0x1 4500…`: frames that left, in order, with the mark they had. */
  readonly sent: readonly string[];
  /** Packets handed to a program of the firewall, with their mark. */
  readonly delivered: readonly string[];
  readonly queued: readonly string[];
  /** Connections with their translation and marks, after the packet. */
  readonly connections: readonly string[];
  /** Places of rules that counted it, or that matched where they have no counter; in order. */
  readonly rules: readonly string[];
  /** The rule or policy that had the last say. */
  readonly decision: string;
}

/** Verdicts that only lead on. */
const GOES_ON = /^(jump|goto|return|continue|break)\b/;
const EPOCH = 1_700_000_000;

/** Rules met, by place: how far evaluation came in each. */
export class Coverage {
  readonly reached = new Set<string>();
  readonly matched = new Set<string>();
  /** Place and the expression that failed: tells packets apart that fail for other reasons. */
  readonly branches = new Set<string>();

  add(rule: RuleRef, matched: boolean, failed: number | undefined): void {
    const place = placeOfRule(rule);
    this.reached.add(place);
    if (matched) this.matched.add(place);
    this.branches.add(`${place} ${matched ? 'matched' : failed}`);
  }
}

export const placeOfRule = (rule: Pick<RuleRef, 'family' | 'table' | 'chain' | 'index'>): string =>
  `${rule.family} ${rule.table} ${rule.chain} ${rule.index}`;

/** What one firewall is made of. */
interface Ruleset {
  readonly batches: readonly Batch[];
  readonly ipsets?: readonly IpSetChange[];
  readonly accounting?: readonly AcctObject[];
  /** Places of rules by those of the rules they stand for. */
  readonly moved?: ReadonlyMap<string, string>;
}

export class Side implements Tracer {
  readonly coverage = new Coverage();
  readonly clock: ManualClock = manualClock(EPOCH);
  readonly #moved: ReadonlyMap<string, string>;
  readonly firewall: Firewall;
  /** Constructs that could not be evaluated, and that some verdict depended on. */
  readonly depends = new Set<string>();
  #sent: string[] = [];
  #delivered: string[] = [];
  #queued: string[] = [];
  #rules: string[] = [];
  #decision = '';
  /** Frames that left, for whoever answers them. */
  readonly out: { readonly device: string; readonly frame: Uint8Array }[] = [];

  constructor(
    { batches, ipsets = [], accounting, moved = new Map() }: Ruleset,
    network: StackConfig,
    seed: number,
  ) {
    this.#moved = moved;
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

  leaveHook(_packet: Packet, point: HookPoint, _entry: HookEntry, verdict: Verdict): void {
    if (verdict.kind === 'queue') this.#queued.push(`${point.hook} queue ${verdict.num}`);
  }

  emit(packet: Packet, event: TraceEvent): void {
    if (event.kind === 'rule') this.#rule(event);
    else if (event.kind === 'policy') this.#policy(event);
    else if (event.kind === 'transmit')
      this.#sent.push(`${event.device}${markText(packet)} ${event.bytes}`);
    else if (event.kind === 'deliver')
      this.#delivered.push(`${markText(packet)} ${hex(packet.networkBytes())}`);
    else if (event.kind === 'depends') this.depends.add(event.on);
  }

  #rule({ rule, matched, failed, verdict, steps }: Extract<TraceEvent, { kind: 'rule' }>): void {
    this.coverage.add(rule, matched, failed);
    const place = placeOfRule(rule);
    if (matched || counted(steps, failed)) this.#rules.push(this.#moved.get(place) ?? place);
    if (verdict !== undefined && !GOES_ON.test(verdict))
      this.#decision = `${placeOf(rule)}  ${ruleText(rule)}`;
  }

  #policy(event: Extract<TraceEvent, { kind: 'policy' }>): void {
    // A policy that accepts says less than the rule that accepted before it.
    if (event.verdict !== 'accept' || this.#decision === '')
      this.#decision = `${placeOf(event)}  policy ${event.verdict} of ${event.chain}`;
  }

  /** Sends a packet in by a device, or out from the firewall itself. */
  send(arrival: Arrival, device: NetDevice | undefined, mark: number): Effect {
    this.#sent = [];
    this.#delivered = [];
    this.#queued = [];
    this.#rules = [];
    this.#decision = '';
    this.out.length = 0;
    this.firewall.inject(arrival, device, mark === 0 ? {} : { mark });
    return {
      sent: this.#sent,
      delivered: this.#delivered,
      queued: this.#queued,
      connections: this.#connections(),
      rules: this.#rules,
      decision: this.#decision,
    };
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

/** What a rule does behind its counter may still break it. */
const counted = (steps: readonly ExprStep[], failed = 0): boolean =>
  steps.some(({ expr }, i) => i < failed && expr.startsWith('[ counter'));

const markText = ({ mark }: Packet): string => (mark === 0 ? '' : ` mark 0x${mark.toString(16)}`);

export type Aspect = 'fate' | 'sent' | 'delivered' | 'queued' | 'connections' | 'rules';

const ASPECTS = ['sent', 'delivered', 'queued', 'connections'] as const;

const isSame = (x: readonly string[], y: readonly string[]): boolean =>
  x.length === y.length && x.every((line, i) => line === y[i]);

/**
 * In what two effects differ first; undefined where they are the same.
 * @param withRules the same rules have to match, as of a ruleset and its translation
 */
export function difference(a: Effect, b: Effect, withRules: boolean): Aspect | undefined {
  if (fateOf(a) !== fateOf(b)) return 'fate';
  const differing = ASPECTS.find((aspect) => !isSame(a[aspect], b[aspect]));
  return differing ?? (withRules && !isSame(a.rules, b.rules) ? 'rules' : undefined);
}

function fateOf({ queued, sent, delivered }: Effect): string {
  if (queued.length > 0) return 'queued';
  if (sent.length > 0) return delivered.length > 0 ? 'delivered and answered' : 'sent';
  return delivered.length > 0 ? 'delivered' : 'dropped';
}

const LINK_HEADER = 14;

/** `out eth1 mark 0x1: IP 10.0.0.2.1 > …` */
function sentText(line: string): string {
  const at = line.lastIndexOf(' ');
  const bytes = unhex(line.slice(at + 1));
  const type = u16(bytes, LINK_HEADER - 2);
  return `out ${line.slice(0, at)}: ${describePacket(bytes.subarray(LINK_HEADER), type)}`;
}

/** What became of a packet, a line for each thing a person could notice. */
export function effectText(effect: Effect, aspect: Aspect): string[] {
  const { sent, delivered, queued, connections } = effect;
  if (aspect === 'connections') return [...connections];
  if (aspect === 'rules') return [effect.rules.join(', ') || 'no rule'];
  const lines = [
    ...queued,
    ...sent.map(sentText),
    ...delivered.map((line) => `delivered${line.slice(0, line.lastIndexOf(' '))}`),
  ];
  return lines.length > 0 ? lines : ['dropped'];
}
