// Packetdrill scripts of TCP connection tracking: each conversation is sent through the hooks of a
// namespace, in IPv4 and in IPv6, and the state and the count of invalid packets are compared.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checksum,
  pseudoHeaderSum4,
  pseudoHeaderSum6,
  put16,
  put32,
} from '../../../src/bytes/index.ts';
import type { Conntrack } from '../../../src/conntrack/index.ts';
import { createConntrack, stateName } from '../../../src/conntrack/index.ts';
import type { HookName, Verdict } from '../../../src/core/index.ts';
import {
  ACCEPT,
  DROP,
  ETH_P_IP,
  ETH_P_IPV6,
  manualClock,
  Netns,
  NS_PER_SECOND,
  Packet,
  seeded,
} from '../../../src/core/index.ts';
import { attempt, type Report, type Suite } from './suite.ts';

interface Script {
  readonly role: string;
  readonly local_port: number | 'ephemeral';
  readonly remote_port: number | 'ephemeral';
  readonly remote_isn: number;
  readonly local_isn: number;
  readonly events: readonly Step[];
}

interface Step {
  readonly line: number;
  /** Seconds since the beginning. */
  readonly t: number;
  readonly dir?: 'in' | 'out';
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number | null;
  readonly len?: number;
  readonly win?: number | null;
  readonly opts?: string | null;
  readonly cmd?: string;
  readonly ct_contains?: readonly string[];
  readonly invalid_counter?: { readonly chain: 'INPUT' | 'OUTPUT'; readonly packets: number };
}

const FILE = 'packetdrill-conntrack.json';
const EPHEMERAL = 40000;
const FLAG_BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32 };

/** The options in packetdrill's words, as they are on the wire. */
function optionBytes(text: string | null | undefined): number[] {
  const bytes: number[] = [];
  for (const option of (text ?? '').split(',')) {
    const [name, ...values] = option.trim().split(' ');
    const number = (i: number): number => Number(values[i]);
    const word = (value: number): number[] => [value >>> 24, value >>> 16, value >>> 8, value];
    if (name === 'mss') bytes.push(2, 4, number(0) >>> 8, number(0));
    else if (name === 'sackOK') bytes.push(4, 2);
    else if (name === 'nop') bytes.push(1);
    else if (name === 'wscale') bytes.push(3, 3, number(0));
    else if (name === 'TS') bytes.push(8, 10, ...word(number(1)), ...word(number(3)));
    else if (name === 'sack') {
      const edges = values.flatMap((block) => block.split(':').map(Number));
      bytes.push(5, 2 + 4 * edges.length, ...edges.flatMap(word));
    } else if (name === 'eol') bytes.push(0);
    else if (name !== '') throw new RangeError(`option '${option}' is not known here`);
  }
  while (bytes.length % 4 !== 0) bytes.push(1);
  return bytes;
}

const LOCAL = { ip: [192, 168, 0, 1], ip6: [0xfd, 0x3d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] };
const REMOTE = { ip: [192, 0, 2, 1], ip6: [0xfd, 0x3d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] };

/** Seconds a packet may be earlier or later than the script says. */
const TOLERANCE = 0.05;

/**
 * The steps as they happen. What the local socket sends, it sends when a call or a packet makes it; a
 * script may look at the connection before it mentions that packet.
 */
function asTheyHappen(steps: readonly Step[]): Step[] {
  const order: Step[] = [];
  for (const step of steps) {
    let at = order.length;
    while (at > 0 && step.dir === 'out' && isEarlier(step, order[at - 1]!)) at--;
    order.splice(at, 0, step);
  }
  return order;
}

const isEarlier = (sent: Step, before: Step): boolean =>
  before.cmd !== undefined &&
  (before.ct_contains !== undefined || before.invalid_counter !== undefined) &&
  sent.t - before.t <= TOLERANCE;

/** One namespace with the script's rules: drop what is INVALID, and count it. */
class Conversation {
  readonly #family: 'ip' | 'ip6';
  readonly #script: Script;
  readonly #clock = manualClock();
  readonly #netns = new Netns({ clock: this.#clock, random: seeded(1) });
  readonly #ct: Conntrack = createConntrack(this.#netns);
  readonly #packet = new Packet();
  readonly #invalid = { INPUT: 0, OUTPUT: 0 };

  constructor(family: 'ip' | 'ip6', script: Script) {
    this.#family = family;
    this.#script = script;
  }

  /** The first thing that is not as expected, or undefined. */
  run(): string | undefined {
    for (const step of asTheyHappen(this.#script.events)) {
      this.#clock.advanceTo(step.t * NS_PER_SECOND);
      if (step.cmd !== undefined) this.#command(step.cmd);
      if (step.dir !== undefined) this.#send(step);
      const why = this.#expectations(step);
      if (why !== undefined) return `line ${step.line}: ${why}`;
    }
    return undefined;
  }

  #command(command: string): void {
    const sysctl = /sysctl .*?(net\.[\w.]+)=(\d+)/.exec(command);
    if (sysctl !== null) this.#netns.sysctl.set(sysctl[1]!, Number(sysctl[2]));
    const rule = /-A (INPUT|OUTPUT) -p tcp -m conntrack --ctstate INVALID -j DROP/.exec(command);
    if (rule === null) return;
    const chain = rule[1] as 'INPUT' | 'OUTPUT';
    this.#netns.hooks.register(this.#family, chain === 'INPUT' ? 'input' : 'output', {
      kind: 'chain',
      name: `filter ${chain}`,
      priority: 0,
      run: (packet): Verdict => {
        if (stateName(packet) !== 'INVALID') return ACCEPT;
        this.#invalid[chain]++;
        return DROP;
      },
    });
  }

  #send(step: Step): void {
    this.#packet.fill(this.#build(step), 0);
    this.#packet.protocol = this.#family === 'ip' ? ETH_P_IP : ETH_P_IPV6;
    this.#packet.local = step.dir === 'out';
    const way: HookName[] =
      step.dir === 'out' ? ['output', 'postrouting'] : ['prerouting', 'input'];
    for (const hook of way) {
      const point = this.#netns.hooks.point(this.#family, hook);
      if (this.#netns.hooks.run(point, this.#packet) !== ACCEPT) return;
    }
  }

  #build(step: Step): Uint8Array {
    const options = optionBytes(step.opts);
    const header = this.#family === 'ip' ? 20 : 40;
    const segment = 20 + options.length + (step.len ?? 0);
    const bytes = new Uint8Array(header + segment);
    const [from, to] = step.dir === 'out' ? [LOCAL, REMOTE] : [REMOTE, LOCAL];
    if (this.#family === 'ip') this.#ipv4(bytes, from.ip, to.ip);
    else this.#ipv6(bytes, segment, from.ip6, to.ip6);
    this.#tcp(bytes, header, step, options);
    const initial =
      this.#family === 'ip'
        ? pseudoHeaderSum4(bytes, 0, 6, segment)
        : pseudoHeaderSum6(bytes, 0, 6, segment);
    put16(bytes, header + 16, checksum(bytes, header, segment, initial));
    return bytes;
  }

  #ipv4(bytes: Uint8Array, from: readonly number[], to: readonly number[]): void {
    bytes[0] = 0x45;
    put16(bytes, 2, bytes.length);
    bytes[8] = 64;
    bytes[9] = 6;
    bytes.set(from, 12);
    bytes.set(to, 16);
    put16(bytes, 10, checksum(bytes, 0, 20));
  }

  #ipv6(bytes: Uint8Array, length: number, from: readonly number[], to: readonly number[]): void {
    bytes[0] = 0x60;
    put16(bytes, 4, length);
    bytes[6] = 6;
    bytes[7] = 64;
    bytes.set(from, 8);
    bytes.set(to, 24);
  }

  #tcp(bytes: Uint8Array, at: number, step: Step, options: readonly number[]): void {
    const port = (value: number | 'ephemeral'): number =>
      value === 'ephemeral' ? EPHEMERAL : value;
    const ports = [port(this.#script.local_port), port(this.#script.remote_port)];
    if (step.dir === 'in') ports.reverse();
    put16(bytes, at, ports[0]!);
    put16(bytes, at + 2, ports[1]!);
    put32(bytes, at + 4, step.seq ?? 0);
    put32(bytes, at + 8, step.ack ?? 0);
    bytes[at + 12] = ((20 + options.length) / 4) << 4;
    bytes[at + 13] = [...(step.flags ?? '')].reduce((bits, c) => bits | (FLAG_BITS[c] ?? 0), 0);
    put16(bytes, at + 14, step.win ?? 0);
    bytes.set(options, at + 20);
  }

  #expectations(step: Step): string | undefined {
    const listing = [...this.#ct.connections.slots()].map((slot) => this.#ct.describe(slot));
    for (const text of step.ct_contains ?? [])
      if (!listing.some((line) => line.includes(text)))
        return `no entry says ${text}: ${listing.join('; ') || 'no entries'}`;
    if (step.invalid_counter === undefined) return undefined;
    const { chain, packets } = step.invalid_counter;
    const seen = this.#invalid[chain];
    return seen === packets ? undefined : `${chain} saw ${seen} invalid packets, not ${packets}`;
  }
}

export const packetdrillConntrack: Suite = {
  name: 'packetdrill-conntrack',
  checks: ['state'],
  reads: FILE,
  run(dir: string, report: Report): void {
    const scripts = JSON.parse(readFileSync(join(dir, FILE), 'utf8')) as Record<string, Script>;
    for (const [name, script] of Object.entries(scripts))
      for (const family of ['ip', 'ip6'] as const)
        attempt(report, 'state', `${name} ${family}`, () => new Conversation(family, script).run());
  },
};
