import { hex, unhex } from '../bytes/index.ts';
import type { HookEntry, HookPoint, Packet, TraceEvent, Tracer, Verdict } from '../core/index.ts';
import { DIVERTED } from '../core/index.ts';
import { changesBetween, type Snapshot, snapshot } from './changes.ts';
import { explain } from './explain.ts';
import { outcomeOf } from './outcome.ts';
import type { DetailStep, FieldChange, HookStep, PacketTrace, TraceStep } from './schema.ts';
import { TRACE_SCHEMA } from './schema.ts';

export interface CollectorOptions {
  /** Nanoseconds, `Clock.now`. */
  readonly now: () => number;
  /** One line about a packet that begins at its network header, of the given EtherType. */
  readonly describe: (bytes: Uint8Array, protocol: number) => string;
  /** Interfaces by index, for rules that compare those. */
  readonly deviceName?: (index: number) => string | undefined;
  /**
   * Keep only what the outcome is told from: no bytes, no changes, no text, no rules that did not
   * match. For captures of many packets. Default false.
   */
  readonly brief?: boolean;
}

/** Stands for every packet while bytes are not looked at. */
const UNSEEN: Snapshot = {
  bytes: new Uint8Array(0),
  protocol: 0,
  l4proto: -1,
  transport: -1,
  isPart: false,
  meta: {},
};

/** Copies that make copies lie this deep in each other, further ones beside each other. */
const MAX_DEPTH = 32;

/** A hook whose verdict is not known yet. */
interface OpenHook extends Omit<HookStep, 'verdict' | 'steps' | 'changes'> {
  verdict: string;
  changes: FieldChange[];
  readonly steps: OpenStep[];
}

/** Children and open hooks are finished when all is over. */
type OpenStep = DetailStep | OpenHook | Walk;

/** The way of one packet while it is walked. */
interface Walk {
  readonly packet: Packet;
  /** What caused it. */
  readonly parent: Walk | undefined;
  /** How many lie around it. */
  readonly depth: number;
  readonly time: number;
  first: Snapshot;
  frame: string;
  device: string | undefined;
  last: Snapshot;
  /** Hooks entered and not left: NAT runs the chains of a ruleset inside its own. */
  readonly hooks: OpenHook[];
  readonly steps: OpenStep[];
  reason: string;
}

const isWalk = (step: OpenStep): step is Walk => 'hooks' in step;

/**
 * A tracer that keeps everything. Hand packets to the stack, then `take()` what happened to them.
 * A packet that another one caused (a reset, an ICMP error) stands where it began in that one's steps.
 */
export class TraceCollector implements Tracer {
  readonly #options: CollectorOptions;
  readonly brief: boolean;
  #walks = new Map<Packet, Walk>();
  #roots: Walk[] = [];
  /** Walks inside a hook, innermost last. */
  #open: Walk[] = [];

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.brief = options.brief ?? false;
  }

  enterHook(packet: Packet, point: HookPoint, entry: HookEntry): void {
    const walk = this.#walk(packet);
    this.#dissected(walk);
    this.#note(walk);
    const hook: OpenHook = {
      kind: 'hook',
      family: point.family,
      hook: point.hook,
      ...(point.device === null ? {} : { device: point.device.name }),
      priority: entry.priority,
      name: entry.name,
      type: entry.kind,
      verdict: '',
      steps: [],
      changes: [],
    };
    this.#stepsOf(walk).push(hook);
    walk.hooks.push(hook);
    this.#open.push(walk);
  }

  leaveHook(packet: Packet, _point: HookPoint, _entry: HookEntry, verdict: Verdict): void {
    const walk = this.#walk(packet);
    const hook = walk.hooks.pop();
    if (hook === undefined) return;
    hook.verdict = verdictText(verdict);
    hook.changes = this.#changes(walk);
    walk.reason = packet.dropReason;
    const at = this.#open.lastIndexOf(walk);
    if (at >= 0) this.#open.splice(at, 1);
  }

  emit(packet: Packet, event: TraceEvent): void {
    if (this.brief && event.kind === 'rule' && event.verdict === undefined) return;
    const walk = this.#walk(packet, event);
    this.#dissected(walk);
    if (walk.hooks.length === 0) this.#note(walk);
    if (event.kind === 'receive') walk.device = event.device;
    this.#stepsOf(walk).push(this.#detail(packet, event));
    walk.reason = packet.dropReason;
  }

  /** A packet is first seen before its link header is read: look again when it is known. */
  #dissected(walk: Walk): void {
    const { packet } = walk;
    if (this.brief || walk.first.protocol !== 0 || packet.protocol === 0) return;
    walk.first = snapshot(packet);
    walk.last = walk.first;
    walk.frame = hex(packet.frameBytes());
  }

  /** Where the next step goes: into the hook entered last, else beside the hooks. */
  #stepsOf(walk: Walk): OpenStep[] {
    return walk.hooks.at(-1)?.steps ?? walk.steps;
  }

  /** The traces since the last call: one for each packet that no other packet caused. */
  take(): PacketTrace[] {
    const traces = this.#roots.map((walk) => this.#finish(walk));
    this.#walks = new Map();
    this.#roots = [];
    this.#open = [];
    return traces;
  }

  /** The walk of a packet; objects are reused, so a new arrival on one begins another walk. */
  #walk(packet: Packet, event?: TraceEvent): Walk {
    const known = this.#walks.get(packet);
    const begins = event?.kind === 'receive' || event?.kind === 'local-out';
    // What was just made is on its first way.
    const isFresh = known?.steps.every((s) => 'kind' in s && s.kind === 'generated') ?? true;
    return known !== undefined && (!begins || isFresh) ? known : this.#begin(packet);
  }

  #begin(packet: Packet): Walk {
    const first = this.brief ? UNSEEN : snapshot(packet);
    const cause = this.#open.at(-1) ?? this.#roots.at(-1);
    const parent = cause?.depth === MAX_DEPTH ? cause.parent : cause;
    const walk: Walk = {
      packet,
      parent,
      depth: parent === undefined ? 0 : parent.depth + 1,
      time: this.#options.now(),
      first,
      frame: this.brief ? '' : hex(packet.frameBytes()),
      device: packet.iif?.name,
      last: first,
      hooks: [],
      steps: [],
      reason: '',
    };
    this.#walks.set(packet, walk);
    if (parent === undefined) this.#roots.push(walk);
    else this.#stepsOf(parent).push(walk);
    return walk;
  }

  /** Records what changed since the last look, as a step of its own. */
  #note(walk: Walk): void {
    const changes = this.#changes(walk);
    if (changes.length > 0) this.#stepsOf(walk).push({ kind: 'changed', changes });
  }

  #changes(walk: Walk): FieldChange[] {
    if (this.brief) return [];
    const now = snapshot(walk.packet);
    const changes = changesBetween(walk.last, now);
    walk.last = now;
    return changes;
  }

  #detail(packet: Packet, event: TraceEvent): DetailStep {
    switch (event.kind) {
      case 'rule': {
        const { failed } = event;
        if (failed === undefined) return event;
        const { protocol, l4proto } = packet;
        const { deviceName } = this.#options;
        const subject = { protocol, l4proto, ...(deviceName === undefined ? {} : { deviceName }) };
        return { ...event, because: explain(event.steps, failed, subject) };
      }
      case 'generated':
        return { ...event, text: this.#describe(event.bytes, event.what.startsWith('arp')) };
      case 'transmit':
        return { ...event, text: this.#line(packet.networkBytes(), packet.protocol) };
      default:
        return event;
    }
  }

  #describe(bytes: string, isArp: boolean): string {
    const packet = unhex(bytes);
    const version = (packet[0] ?? 0) >>> 4;
    const protocol = isArp ? 0x0806 : version === 4 ? 0x0800 : version === 6 ? 0x86dd : 0;
    return this.#line(packet, protocol);
  }

  #line(bytes: Uint8Array, protocol: number): string {
    return this.brief ? '' : this.#options.describe(bytes, protocol);
  }

  #finish(walk: Walk): PacketTrace {
    this.#dissected(walk);
    this.#note(walk);
    const steps = this.#finishSteps(walk.steps);
    const { protocol, bytes } = walk.first;
    // The reason is set after the hook was left, so the packet is asked while it is still this one.
    const current = this.#walks.get(walk.packet) === walk ? walk.packet.dropReason : '';
    return {
      schema: TRACE_SCHEMA,
      time: walk.time,
      packet: {
        ...(walk.device === undefined ? {} : { in: walk.device }),
        protocol,
        text: this.#line(bytes, protocol),
        bytes: walk.frame,
      },
      steps,
      outcome: outcomeOf(steps, current === '' ? walk.reason : current),
    };
  }

  #finishSteps(steps: readonly OpenStep[]): TraceStep[] {
    return steps.map((step) => {
      if (isWalk(step)) return { kind: 'packet', trace: this.#finish(step) };
      if (step.kind !== 'hook') return step;
      return { ...step, steps: this.#finishSteps(step.steps) };
    });
  }
}

function verdictText(verdict: Verdict): string {
  // What br_netfilter takes comes back behind the hooks of the other family.
  if (verdict === DIVERTED) return 'diverted';
  return verdict.kind === 'queue'
    ? `queue ${verdict.num}${verdict.bypass ? ' bypass' : ''}`
    : verdict.kind;
}
