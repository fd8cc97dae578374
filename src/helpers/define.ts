// A helper of one's own: what a protocol says in patterns, and what follows from it.

import { T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';
import { formatAddress, parseAddress } from './text.ts';

/** How many connections of a kind may be expected at a time, and for how many seconds. */
export interface ExpectKind {
  readonly max: number;
  readonly timeout: number;
}

export interface ExpectOptions {
  readonly port: number;
  /** Default: that of the helper. */
  readonly protocol?: 'tcp' | 'udp';
  /** Who may open it. Default `peer`: who receives this message. */
  readonly from?: 'peer' | 'anyone';
  /** Where it goes, in text. Default: who sent this message. */
  readonly to?: string;
}

/** Something a side says, and what to do when it was said. */
export interface PatternRule<S, K extends string> {
  /**
   * A character is a byte. On TCP it may lie across segments; it is tried on what came since the last
   * match, at most {@link HelperDefinition.window} bytes.
   */
  readonly pattern: RegExp;
  /** Called for each match in order, once. */
  found(match: HelperMatch<S, K>): void;
}

export interface HelperDefinition<S, K extends string> {
  /** What rulesets call it: `ct helper h { type "NAME" protocol tcp; }`. At most 15 characters. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** Default both. */
  readonly families?: readonly ('ip' | 'ip6')[];
  /** What may be expected, by a name of its own; the first is what `class=0` shows. */
  readonly expect: Readonly<Record<K, ExpectKind>>;
  /** State of a new connection: plain data, copied for each, moved with it to another firewall. */
  readonly state?: S;
  /** What who opened the connection says. */
  readonly client?: readonly PatternRule<S, K>[];
  /** What the other side says. */
  readonly server?: readonly PatternRule<S, K>[];
  /** Bytes that are kept to find what lies across segments. Default 256. */
  readonly window?: number;
}

/** What of the stream of one side is kept: where it goes on, and its last bytes. */
interface Tail {
  next: number;
  text: string;
}

/** State of a connection: one's own, and the ends of both streams. */
export interface DefinedState<S> {
  own: S;
  readonly tails: [Tail, Tail];
}

type Groups = Readonly<Record<string, string | undefined>>;

/** One match: what was said, and what can be done about it. */
export class HelperMatch<S, K extends string> {
  readonly #cx: HelperContext<DefinedState<S>>;
  readonly #kinds: readonly K[];
  readonly #found: RegExpExecArray;
  /** What stands before the payload of this packet in the text that was searched. */
  readonly #before: number;
  /** By how much earlier replacements moved the payload. */
  #moved: number;
  dropped = '';

  constructor(
    cx: HelperContext<DefinedState<S>>,
    kinds: readonly K[],
    found: RegExpExecArray,
    before: number,
    moved: number,
  ) {
    this.#cx = cx;
    this.#kinds = kinds;
    this.#found = found;
    this.#before = before;
    this.#moved = moved;
  }

  /** All that matched. */
  get text(): string {
    return this.#found[0];
  }

  /** Named groups of the pattern. */
  get groups(): Groups {
    return this.#found.groups ?? {};
  }

  /** State of the connection; what is assigned or changed stays. */
  get state(): S {
    return this.#cx.state.own;
  }

  set state(value: S) {
    this.#cx.state.own = value;
  }

  get moved(): number {
    return this.#moved;
  }

  /** Address of who says this, as it knows itself. */
  get sender(): string {
    return formatAddress(this.#cx.own, this.#cx.l3, T_SRC);
  }

  /** Address the other side knows the sender by; another one where it is translated. */
  get seenAs(): string {
    return formatAddress(this.#cx.other, this.#cx.l3, T_DST);
  }

  /** Whether addresses and ports in what is said must be rewritten. */
  get translated(): boolean {
    return this.#cx.translated;
  }

  /**
   * Expects a connection. The port the other side must be told: another one where NAT had to choose, 0
   * where it was refused.
   */
  expect(kind: K, options: ExpectOptions): number {
    const to = options.to === undefined ? undefined : parseAddress(options.to, this.#cx.l3);
    if (to === null) return 0;
    return this.#cx.announce({
      port: options.port,
      class: this.#kinds.indexOf(kind),
      ...(options.protocol === undefined ? {} : { protocol: numberOf(options.protocol) }),
      ...(options.from === 'anyone' ? { from: null } : {}),
      ...(to === undefined ? {} : { to }),
    });
  }

  /**
   * Writes something else where a named group stands. What came in an earlier packet cannot be changed any
   * more: the packet is dropped, so that the sender says it again.
   */
  replace(group: string, text: string | number): void {
    const place = this.#found.indices?.groups?.[group];
    if (place === undefined)
      throw new RangeError(`the pattern has no group '${group}' that matched`);
    const [from, to] = place;
    const bytes = String(text);
    if (bytes === this.groups[group]) return;
    const at = from - this.#before + this.#moved;
    if (from < this.#before || !this.#cx.rewrite(at, to - from, bytes, false)) {
      this.drop(`cannot rewrite ${group}`);
      return;
    }
    const grown = bytes.length - (to - from);
    this.#moved += grown;
    this.#cx.grown += grown;
  }

  /** Ends the packet, saying why in traces. */
  drop(why: string): void {
    this.dropped = why;
  }
}

const numberOf = (protocol: 'tcp' | 'udp'): number =>
  protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP;

const withIndices = (pattern: RegExp): RegExp =>
  new RegExp(pattern.source, [...new Set([...pattern.flags.replace('y', ''), 'd', 'g'])].join(''));

interface Rule<S, K extends string> {
  readonly pattern: RegExp;
  readonly found: (match: HelperMatch<S, K>) => void;
}

/** Runs the rules of one side over one packet. */
class Reader<S, K extends string> {
  readonly #kinds: readonly K[];
  readonly #rules: readonly [readonly Rule<S, K>[], readonly Rule<S, K>[]];
  readonly #window: number;
  readonly #stream: boolean;

  constructor(definition: HelperDefinition<S, K>) {
    const prepare = (rules: readonly PatternRule<S, K>[] = []): Rule<S, K>[] =>
      rules.map((rule) => ({ pattern: withIndices(rule.pattern), found: (m) => rule.found(m) }));
    this.#kinds = Object.keys(definition.expect) as K[];
    this.#rules = [prepare(definition.client), prepare(definition.server)];
    this.#window = definition.window ?? 256;
    this.#stream = definition.protocol === 'tcp';
  }

  help(cx: HelperContext<DefinedState<S>>): Verdict {
    const { text } = cx;
    if (text === '' || (this.#stream && !cx.established)) return ACCEPT;
    const tail = cx.state.tails[cx.dir];
    const seq = this.#stream ? cx.seq : 0;
    const follows = this.#stream && tail.next === seq && tail.text !== '';
    const kept = follows ? tail.text : '';
    const { used, why } = this.#search(cx, kept + text, kept.length);
    if (why !== '') return cx.drop(why);
    if (this.#stream) {
      cx.adjustGrown();
      tail.next = (seq + text.length) >>> 0;
      tail.text = (kept + text).slice(used).slice(-this.#window);
    }
    return ACCEPT;
  }

  /** Up to where the text was used by matches, and why the packet is to be dropped, if it is. */
  #search(
    cx: HelperContext<DefinedState<S>>,
    text: string,
    before: number,
  ): { used: number; why: string } {
    const found = this.#rules[cx.dir]
      .flatMap(({ pattern, found: run }) =>
        [...text.matchAll(pattern)].map((match) => ({ match, run })),
      )
      .filter(({ match }) => match.index + match[0].length > before)
      .sort((a, b) => a.match.index - b.match.index);
    let moved = 0;
    let used = 0;
    for (const { match, run } of found) {
      if (match.index < used) continue;
      const one = new HelperMatch(cx, this.#kinds, match, before, moved);
      run(one);
      if (one.dropped !== '') return { used, why: one.dropped };
      moved = one.moved;
      used = match.index + match[0].length;
    }
    return { used, why: '' };
  }
}

const NAME = /^[^\s"]{1,15}$/;

/**
 * A helper from what a protocol says.
 * @throws RangeError for a name that no ruleset can use, or without anything to expect
 *
 * @example
 * const listen = defineHelper({
 *   name: 'listen',
 *   protocol: 'tcp',
 *   expect: { data: { max: 1, timeout: 60 } },
 *   client: [{
 *     pattern: /^LISTEN (?<port>\d+)\r\n/m,
 *     found: (match) => match.replace('port', match.expect('data', { port: Number(match.groups.port) })),
 *   }],
 * });
 */
export function defineHelper<S = null, K extends string = string>(
  definition: HelperDefinition<S, K>,
): HelperSpec<DefinedState<S>> {
  const { name, protocol, families = ['ip', 'ip6'], expect, state = null as S } = definition;
  const kinds = Object.entries<ExpectKind>(expect);
  if (!NAME.test(name)) throw new RangeError(`'${name}' is no name for a helper`);
  if (kinds.length === 0 || kinds.length > 4)
    throw new RangeError(`helper '${name}': one to four kinds of connections may be expected`);
  const reader = new Reader(definition);
  const copy = JSON.stringify(state);
  return {
    name,
    families,
    protocols: [numberOf(protocol)],
    policies: kinds.map(([kind, { max, timeout }]) => ({ name: kind, maxExpected: max, timeout })),
    fresh: () => ({
      own: JSON.parse(copy) as S,
      tails: [
        { next: 0, text: '' },
        { next: 0, text: '' },
      ],
    }),
    help: (cx) => reader.help(cx),
  };
}
