// Random TCP: two peers that mostly keep to RFC 9293, on a network that loses, repeats and reorders,
// with somebody now and then sending what no peer would.

import type { Random } from '../../../../src/core/index.ts';
import { pick } from '../words.ts';
import { at, type Say, WRONG_SUM } from './place.ts';

const odds = (r: Random, percent: number): boolean => r.below(100) < percent;

/** One end of the connection. */
interface Peer {
  /** 0 for who opens the connection. */
  readonly side: 0 | 1;
  /** Sequence number of the next byte it sends. */
  next: number;
  /** The first byte not acknowledged to it yet: where retransmissions begin. */
  acked: number;
  /** What it expects of the other. */
  expected: number;
  readonly options: string;
  window: number;
  opened: boolean;
  finished: boolean;
}

const add = (a: number, b: number): number => (a + b) >>> 0;

const WINDOWS = [0, 100, 1000, 29200, 65535];

function peer(r: Random, side: 0 | 1): Peer {
  const isn = pick(r, [1000, 5000, 0, 4294967290, 2147483640]);
  const sack = pick(r, ['', ' sack', ' sack ts 100 0']);
  return {
    side,
    next: isn,
    acked: isn,
    expected: 0,
    options: `${pick(r, ['', ' mss 1460'])}${sack}${pick(r, ['', ' wscale 7', ' wscale 14', ' wscale 2'])}`,
    window: pick(r, WINDOWS),
    opened: false,
    finished: false,
  };
}

interface Segment {
  readonly by: Peer;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly more: string;
}

const written =
  ({ by, flags, seq, ack, length, more }: Segment): Say =>
  (from, to) =>
    `tcp ${at(from)} > ${at(to)} ${flags} seq ${seq}${/ack/.test(flags) ? ` ack ${ack}` : ''} win ${by.window}${more}${length > 0 ? ` len ${length}` : ''}`;

/** What the peer would say next; it remembers having said it. */
function proper(r: Random, by: Peer, other: Peer): Segment {
  const base = { by, seq: by.next, ack: by.expected, length: 0, more: '' };
  if (!by.opened) {
    by.opened = true;
    by.next = add(by.next, 1);
    const flags = other.opened && !odds(r, 6) ? 'syn,ack' : 'syn';
    return { ...base, flags, more: by.options, length: odds(r, 4) ? 20 : 0 };
  }
  if (odds(r, 10)) by.window = pick(r, WINDOWS);
  if (by.finished || odds(r, 30)) return { ...base, flags: 'ack', more: sackOf(r, by) };
  if (odds(r, 12)) {
    by.finished = true;
    by.next = add(by.next, 1);
    return { ...base, flags: 'fin,ack' };
  }
  const length = pick(r, [1, 10, 500, 1400]);
  by.next = add(by.next, length);
  return { ...base, flags: pick(r, ['psh,ack', 'ack']), length };
}

/** Blocks beyond what it expects; now and then ones that cannot be. */
function sackOf(r: Random, by: Peer): string {
  if (!by.options.includes('sack') || odds(r, 70)) return '';
  const from = add(by.expected, pick(r, [10, 1400, 100000]));
  return ` nop nop sack ${from}-${add(from, pick(r, [10, 1400]))}`;
}

/** Something that is not next: retransmitted, mistaken, forged. */
function improper(r: Random, by: Peer, other: Peer): Segment {
  const base = { by, seq: by.next, ack: by.expected, length: 0, more: '' };
  const off = pick(r, [1, 100, 70000, 4000000, 2147483647]);
  const make: (() => Segment)[] = [
    () => ({ ...base, seq: by.acked, flags: 'ack', length: 10 }),
    () => ({ ...base, seq: by.acked, flags: 'syn', more: by.options }),
    () => ({ ...base, seq: add(by.next, off), flags: 'ack', length: pick(r, [0, 10]) }),
    () => ({ ...base, seq: add(by.next, -off), flags: 'ack', length: pick(r, [0, 10]) }),
    () => ({ ...base, ack: add(by.expected, off), flags: 'ack' }),
    () => ({ ...base, ack: add(by.expected, -off), flags: 'psh,ack', length: 10 }),
    () => ({ ...base, flags: 'rst' }),
    () => ({ ...base, flags: 'rst,ack' }),
    () => ({ ...base, seq: add(by.next, off), flags: 'rst' }),
    () => ({ ...base, seq: by.acked, flags: 'syn,ack', more: by.options }),
    () => ({
      ...base,
      flags: pick(r, ['fin', 'none', 'syn,fin', 'urg,psh,fin', 'psh', 'syn,psh']),
    }),
    () => ({ ...base, flags: 'ack', length: 5, more: WRONG_SUM }),
    () => ({ ...base, flags: 'syn', seq: add(by.next, off), more: by.options }),
    // Keep-alives, with a byte and without (RFC 9293 §3.8.4).
    () => ({ ...base, flags: 'ack', seq: add(by.next, -1), length: r.below(2) }),
    // Both opened at once: each acknowledges the other's SYN (RFC 9293 §3.5).
    () => ({ ...base, flags: 'syn,ack', seq: add(by.next, -1), more: by.options }),
    // The answer to a SYN that is out of place (RFC 5961 §4).
    () => ({ ...base, flags: 'ack', ack: by.acked }),
    () => ({ ...base, flags: 'rst', seq: by.expected }),
    () => ({ ...base, flags: 'rst', seq: other.expected }),
    () => ({ ...base, flags: 'rst', seq: add(other.expected, pick(r, [1, -1, 60000])) }),
  ];
  return pick(r, make)();
}

/** The segment has arrived: the other side knows of it. */
function arrived({ by, flags, seq, length }: Segment, other: Peer): void {
  const end = add(seq, length + (/syn|fin/.test(flags) ? 1 : 0));
  const starts = /syn/.test(flags) && !/ack/.test(flags);
  if (starts || ((end - other.expected) | 0) > 0 || other.expected === 0) other.expected = end;
  by.acked = seq;
}

/** A connection, and another between the same ports when it is over. */
export class TcpTalk {
  readonly #random: Random;
  /** Nothing goes wrong at first, so that most conversations get somewhere. */
  #calm: number;
  #peers: readonly [Peer, Peer];

  constructor(r: Random) {
    this.#random = r;
    this.#calm = pick(r, [0, 3, 3, 5, 8]);
    this.#peers = [peer(r, 0), peer(r, 1)];
  }

  /** Who speaks: in turns while the connection opens, then either. */
  #speaker(): [Peer, Peer] {
    const [client, server] = this.#peers;
    const simultaneous = !server.opened && odds(this.#random, 5);
    const first = !simultaneous && !(client.opened && (!server.opened || odds(this.#random, 50)));
    return first ? [client, server] : [server, client];
  }

  /** The next segment; one that is lost was said, but nobody hears it. */
  turn(): { readonly by: 0 | 1; readonly say: Say; readonly lost: boolean } {
    const r = this.#random;
    if (this.#peers.every((p) => p.finished) && odds(r, 15)) this.#reopen();
    const [by, other] = this.#speaker();
    const rough = this.#calm-- <= 0;
    const segment = rough && odds(r, 20) ? improper(r, by, other) : proper(r, by, other);
    const lost = rough && odds(r, 6);
    if (!lost) arrived(segment, other);
    return { by: by.side, say: written(segment), lost };
  }

  /** The same ports again, while the old connection waits for its end. */
  #reopen(): void {
    const [client] = this.#peers;
    const isn = pick(this.#random, [add(client.next, 1000), 77, client.next]);
    const again = { ...peer(this.#random, 0), next: isn, acked: isn };
    this.#peers = [again, peer(this.#random, 1)];
  }
}
