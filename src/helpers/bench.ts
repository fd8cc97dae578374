// A bench to try a helper on, without a firewall or a network: one connection, said to from both sides.

import type { ConntrackEntry, ExpectationEntry } from '../conntrack/index.ts';
import { type Conntrack, createConntrack, expectationText, stateName } from '../conntrack/index.ts';
import type { ManualClock } from '../core/index.ts';
import { ACCEPT, manualClock, Netns, NS_PER_SECOND, Packet, seeded } from '../core/index.ts';
import { createNat, type Nat, NatRange, NF_NAT_MANIP_SRC, payloadStart } from '../nat/index.ts';
import { isNotationError, parsePacketNotation } from '../packet/index.ts';
import { type AnyHelper, registerHelpers } from './helper.ts';
import { latin1, parseAddress, toLatin1 } from './text.ts';

export interface BenchOptions {
  /** Default `ip`. */
  readonly family?: 'ip' | 'ip6';
  /** The client is behind source NAT. Default false. */
  readonly translated?: boolean;
  /** Port of the server. Default 1000. */
  readonly port?: number;
}

/** Ends of the bench's connection, as text. */
export const BENCH = {
  ip: { client: '10.0.0.2', server: '192.0.2.2', outside: '192.0.2.9' },
  ip6: { client: '2001:db8::2', server: '2001:db8:1::2', outside: '2001:db8:1::9' },
} as const;

const CLIENT_PORT = 40000;

const ends = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const escaped = (payload: Uint8Array): string =>
  [...payload].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export class HelperBench {
  readonly clock: ManualClock = manualClock();
  readonly netns: Netns = new Netns({ clock: this.clock, random: seeded(5) });
  readonly conntrack: Conntrack = createConntrack(this.netns);
  readonly nat: Nat = createNat(this.netns, this.conntrack);
  readonly #helper: AnyHelper;
  readonly #family: 'ip' | 'ip6';
  readonly #translated: boolean;
  readonly #port: number;
  readonly #packet = new Packet();
  readonly #tcp: boolean;
  /** Next sequence numbers as each side counts, and what the other one heard beside them. */
  readonly #seq = [1001, 5001];
  readonly #grown = [0, 0];
  /** Slot of the connection. */
  slot = 0;

  constructor(helper: AnyHelper, options: BenchOptions = {}) {
    this.#helper = helper;
    this.#family = options.family ?? 'ip';
    this.#translated = options.translated ?? false;
    this.#port = options.port ?? 1000;
    this.#tcp = helper.protocols[0] === 6;
    registerHelpers(this.conntrack, this.nat, [helper]);
    if (this.#translated) this.#hide();
    this.#assign();
    if (this.#tcp) this.#open();
  }

  #hide(): void {
    const range = new NatRange();
    const words = parseAddress(BENCH[this.#family].outside, this.#family === 'ip' ? 2 : 10)!;
    range.min.set(words);
    range.max.set(words);
    range.flags = 1;
    this.nat.registerChain(this.#family, 'postrouting', {
      name: 'source NAT',
      priority: 0,
      run: (packet) => this.nat.setupInfo(packet, range, NF_NAT_MANIP_SRC),
    });
  }

  #assign(): void {
    this.netns.hooks.register(this.#family, 'prerouting', {
      kind: 'chain',
      name: 'ct helper set',
      priority: 0,
      run: ({ ct }) => {
        if (ct !== 0 && !this.conntrack.isConfirmed(ct) && this.conntrack.master(ct) === 0)
          this.conntrack.setHelper(ct, this.#helper.name);
        return ACCEPT;
      },
    });
  }

  #open(): void {
    this.#send(0, 'syn seq 1000');
    this.#send(1, 'syn,ack seq 5000 ack 1001');
    this.#send(0, 'ack seq 1001 ack 5001');
  }

  /** The two ends of a packet from a side, as that side knows them. */
  #way(side: 0 | 1): string {
    const { client, server, outside } = BENCH[this.#family];
    const seen = this.#translated ? outside : client;
    const far = ends(server, this.#port);
    return side === 0
      ? `${ends(client, CLIENT_PORT)} > ${far}`
      : `${far} > ${ends(seen, CLIENT_PORT)}`;
  }

  #send(side: 0 | 1, rest: string): boolean {
    return this.send(`${this.#tcp ? 'tcp' : 'udp'} ${this.#way(side)} ${rest}`) !== null;
  }

  /** Sends a packet of the notation; what `ct state` calls it, null where it was dropped. */
  send(notation: string): string | null {
    const spec = parsePacketNotation(notation);
    if (isNotationError(spec)) throw new Error(`${notation}: ${spec.message}`);
    this.#packet.fill(spec.bytes, 0);
    for (const hook of ['prerouting', 'postrouting'] as const)
      if (this.netns.hooks.run(this.netns.hooks.point(this.#family, hook), this.#packet) !== ACCEPT)
        return null;
    if (this.slot === 0) this.slot = this.#packet.ct;
    return stateName(this.#packet);
  }

  #say(side: 0 | 1, payload: string | Uint8Array): string | null {
    const bytes = typeof payload === 'string' ? toLatin1(payload) : payload;
    const other = side === 0 ? 1 : 0;
    const seq = this.#seq[side]!;
    const ack = this.#seq[other]! + this.#grown[other]!;
    const numbers = this.#tcp ? `psh,ack seq ${seq} ack ${ack} ` : '';
    const data = bytes.length === 0 ? '' : `hex ${escaped(bytes)}`;
    if (!this.#send(side, `${numbers}${data}`)) return null;
    const heard = this.#packet.buf.slice(payloadStart(this.#packet), this.#packet.end);
    this.#seq[side] = seq + bytes.length;
    this.#grown[side] = this.#grown[side]! + heard.length - bytes.length;
    return latin1(heard);
  }

  /** The client says something; what the server hears, a character per byte, null for nothing. */
  client(payload: string | Uint8Array): string | null {
    return this.#say(0, payload);
  }

  server(payload: string | Uint8Array): string | null {
    return this.#say(1, payload);
  }

  /** `tcp 192.0.2.2 > 10.0.0.2:4000`, one for each connection that is expected. */
  get expected(): string[] {
    return [...this.conntrack.expectations.list()].map(expectationText);
  }

  /** Private state of the connection, as another firewall would get it. */
  get state(): unknown {
    return this.conntrack.entryOf(this.slot).helperData;
  }

  advance(seconds: number): void {
    this.clock.advance(seconds * NS_PER_SECOND);
  }

  /** The connection and what it expects as plain data, as they would be sent to another firewall. */
  save(): { entry: ConntrackEntry; expectations: readonly ExpectationEntry[] } {
    return JSON.parse(
      JSON.stringify({
        entry: this.conntrack.entryOf(this.slot),
        expectations: [...this.conntrack.expectations.dump()],
      }),
    );
  }
}
