import type {
  Expression,
  FibExpression,
  InnerTunnel,
  PayloadExpression,
  Span,
} from '../ast/index.ts';
import { contradiction } from '../diagnostics/index.ts';
import { concat, map } from './expressions.ts';
import type { Parser } from './parser.ts';
import {
  CT_DIRECTED,
  CT_KEYS,
  EXTHDR_FIELDS,
  FIELD_ALIASES,
  INNER_LINK,
  INNER_NETWORK,
  IP_OPTION_FIELDS,
  IP_OPTIONS,
  META_ALIASES,
  META_QUALIFIED,
  META_UNQUALIFIED,
  PAYLOAD_FIELDS,
  SCTP_CHUNKS,
} from './protocols.ts';
import { tcpOption } from './tcp-options.ts';

/** Reads what follows the keyword; `at` is where the keyword stands. */
type Reader = (p: Parser, at: Span) => Expression;

/** A field of the packet or its surroundings; the keyword is at hand. */
export function selector(p: Parser): Expression {
  const at = p.here;
  const { kind, text } = p.scan;
  if (kind === '@') return rawPayload(p);
  const read = kind === 'word' ? SELECTORS.get(text) : undefined;
  if (read === undefined) p.failAmong(['<field>'], SELECTORS.keys());
  p.scan.advance();
  return read(p, at);
}

export const isSelector = (word: string): boolean => SELECTORS.has(word);

/** Words that start a selector, for suggestions. */
export const selectorWords = (): Iterable<string> => SELECTORS.keys();

/** Keywords that a field may stand behind: `dport` is nothing, `tcp dport` and `udp dport` are. */
export function ownersOf(field: string): readonly string[] {
  const protocols = ['tcp', 'udp', 'ip', 'ip6', ...Object.keys(PAYLOAD_FIELDS)];
  const owners = protocols.filter((protocol) => PAYLOAD_FIELDS[protocol]!.has(field));
  if (META_QUALIFIED.has(field)) owners.unshift('meta');
  if (CT_KEYS.has(field)) owners.push('ct');
  return [...new Set(owners)];
}

/** `ip`, `ether`, …: a header field if one follows, else the word itself as a value. */
export function selectorOrWord(p: Parser): Expression {
  const { text, span } = p.scan;
  p.scan.advance();
  const fields = PAYLOAD_FIELDS[text];
  const field = fields !== undefined && (hasField(p, fields) || p.isWord('option'));
  if (field) return SELECTORS.get(text)!(p, span);
  return { kind: 'symbol', span, name: text, form: 'word' };
}

/** `arp` has fields of two words, so the first is enough here. */
const hasField = (p: Parser, fields: ReadonlySet<string>): boolean =>
  p.is('word') && (fields.has(p.scan.text) || fields.has(`${p.scan.text} ip`));

function payload(protocol: string, tunnel?: InnerTunnel): Reader {
  const fields = PAYLOAD_FIELDS[protocol]!;
  return (p, at) => {
    const field = protocol === 'arp' ? arpField(p, fields) : fieldName(p, fields);
    const expr: PayloadExpression = { kind: 'payload', span: p.since(at), protocol, field };
    return tunnel === undefined ? expr : { ...expr, tunnel };
  };
}

/** nft lists `icmpv6 parameter-problem` but reads only `param-problem`; here both are read. */
function fieldName(p: Parser, fields: ReadonlySet<string>): string {
  const alias = p.is('word') ? FIELD_ALIASES.get(p.scan.text) : undefined;
  if (alias === undefined || !fields.has(alias)) return p.expectOneOf(fields);
  p.scan.advance();
  return alias;
}

function arpField(p: Parser, fields: ReadonlySet<string>): string {
  if (!p.isWord('saddr') && !p.isWord('daddr')) return p.expectOneOf(fields);
  const side = p.expectWord('saddr', 'daddr');
  return `${side} ${p.expectWord('ether', 'ip')}`;
}

const plain = (name: string): [string, Reader] => [name, payload(name)];

/** A tunnel's own field, or a header inside it. */
function tunnelled(tunnel: InnerTunnel, inner: readonly ReadonlySet<string>[]): Reader {
  const own = PAYLOAD_FIELDS[tunnel];
  const ownField = payload(tunnel);
  return (p, at) => {
    if (own !== undefined && p.isOneOf(own)) return ownField(p, at);
    const protocol = p.scan.text;
    if (!inner.some((set) => p.isOneOf(set))) p.fail(...(own ?? []), '<inner header>');
    p.scan.advance();
    return payload(protocol, tunnel)(p, at);
  };
}

const ipField = payload('ip');
const tcpField = payload('tcp');
const sctpField = payload('sctp');
const dccpField = payload('dccp');

const ip: Reader = (p, at) => {
  if (!p.acceptWord('option')) return ipField(p, at);
  const name = p.expectOneOf(IP_OPTIONS) as 'lsrr' | 'rr' | 'ssrr' | 'ra';
  const field = p.isOneOf(IP_OPTION_FIELDS) ? p.expectOneOf(IP_OPTION_FIELDS) : undefined;
  const expr = { kind: 'ip option', span: p.since(at), name } as const;
  return field === undefined ? expr : { ...expr, field };
};

const tcp: Reader = (p, at) => (p.acceptWord('option') ? tcpOption(p, at) : tcpField(p, at));

const sctp: Reader = (p, at) => {
  if (!p.acceptWord('chunk')) return sctpField(p, at);
  const name = p.expectOneOf(new Set(Object.keys(SCTP_CHUNKS)));
  const fields = SCTP_CHUNKS[name]!;
  const field = p.isOneOf(fields) ? p.expectOneOf(fields) : undefined;
  const expr = { kind: 'sctp chunk', span: p.since(at), name } as const;
  return field === undefined ? expr : { ...expr, field };
};

const dccp: Reader = (p, at) => {
  if (!p.acceptWord('option')) return dccpField(p, at);
  const type = p.number('option type', 0, 255);
  return { kind: 'dccp option', span: p.since(at), type };
};

type ExthdrName = 'hbh' | 'rt' | 'rt0' | 'rt2' | 'srh' | 'frag' | 'dst' | 'mh';

function exthdr(name: ExthdrName): [string, Reader] {
  return [name, (p, at) => exthdrField(p, at, name)];
}

function exthdrField(p: Parser, at: Span, name: ExthdrName): Expression {
  const word = p.expectOneOf(EXTHDR_FIELDS[name]!);
  const indexed = (name === 'rt0' && word === 'addr') || (name === 'srh' && word === 'sid');
  const field = indexed ? `${word}[${index(p)}]` : word;
  return { kind: 'exthdr', span: p.since(at), name, field };
}

function index(p: Parser): number {
  p.expect('[');
  const value = p.number('index', 1, 255);
  p.expect(']');
  return value;
}

const EXTHDR_PRESENCE = ['hbh', 'rt', 'frag', 'dst', 'mh'] as const;

const exthdrPresence: Reader = (p, at) => {
  const name = p.expectWord(...EXTHDR_PRESENCE);
  return { kind: 'exthdr', span: p.since(at), name };
};

/** `@nh,64,32`; the sign is at hand. */
export function rawPayload(p: Parser): Expression {
  const at = p.here;
  p.expect('@');
  const base = p.expectWord('ll', 'nh', 'th', 'ih');
  p.expect(',');
  const offset = p.number('offset');
  p.expect(',');
  // NFT_MAX_EXPR_LEN_BITS: a kernel register file of 128 bytes less 4 for the verdict.
  const len = p.number('length in bits', 1, 1024);
  return { kind: 'payload raw', span: p.since(at), base, offset, len };
}

const metaKey = (word: string): string => META_ALIASES.get(word) ?? word;

const META_ALL: ReadonlySet<string> = new Set([
  ...META_QUALIFIED,
  ...META_UNQUALIFIED,
  ...META_ALIASES.keys(),
]);

const meta: Reader = (p, at) => {
  const key = metaKey(p.expectOneOf(META_ALL));
  return { kind: 'meta', span: p.since(at), key };
};

const unqualified = (word: string): [string, Reader] => [
  word,
  (p, at) => ({ kind: 'meta', span: p.since(at), key: metaKey(word) }),
];

/** `ip` or `ip6` if one of them is next. */
export const familyWord = (p: Parser): 'ip' | 'ip6' | undefined =>
  p.isWord('ip') || p.isWord('ip6') ? p.expectWord('ip', 'ip6') : undefined;

const ct: Reader = (p, at) => {
  if (!p.isWord('original') && !p.isWord('reply')) {
    const key = p.expectOneOf(CT_KEYS);
    return { kind: 'ct', span: p.since(at), key };
  }
  const dir = p.expectWord('original', 'reply');
  const family = familyWord(p);
  const key =
    family === undefined
      ? p.expectOneOf(CT_DIRECTED)
      : `${family} ${p.expectWord('saddr', 'daddr')}`;
  return { kind: 'ct', span: p.since(at), key, dir };
};

const socket: Reader = (p, at) => {
  const key = p.expectWord('transparent', 'mark', 'wildcard', 'cgroupv2');
  if (key !== 'cgroupv2') {
    return { kind: 'socket', span: p.since(at), key };
  }
  p.expectWord('level');
  const level = p.number('level', 0, 255);
  return { kind: 'socket', span: p.since(at), key, level };
};

const osf: Reader = (p, at) => {
  const ttl = p.acceptWord('ttl') ? p.expectWord('loose', 'skip') : undefined;
  const key = p.expectWord('name', 'version');
  const expr = { kind: 'osf', span: p.since(at), key } as const;
  return ttl === undefined ? expr : { ...expr, ttl };
};

const FIB_FLAGS = ['saddr', 'daddr', 'mark', 'iif', 'oif'] as const;
const FIB_RESULTS = ['oif', 'oifname', 'type', 'check'] as const;

const fib: Reader = (p, at) => {
  const tuple = p.here;
  const flags: (typeof FIB_FLAGS)[number][] = [];
  do flags.push(p.expectWord(...FIB_FLAGS));
  while (p.accept('.'));
  checkFibFlags(p, p.since(tuple), flags);
  const result = p.expectWord(...FIB_RESULTS);
  return { kind: 'fib', span: p.since(at), result, flags };
};

function checkFibFlags(p: Parser, at: Span, flags: FibExpression['flags']): void {
  const has = (flag: (typeof FIB_FLAGS)[number]): boolean => flags.includes(flag);
  if (!has('saddr') && !has('daddr')) p.raise(contradiction(at, 'fib needs saddr or daddr'));
  if (has('saddr') && has('daddr')) {
    p.raise(contradiction(at, 'fib looks up saddr or daddr, not both'));
  }
  if (has('iif') && has('oif')) p.raise(contradiction(at, 'fib takes iif or oif, not both'));
}

const RT_KEYS = ['classid', 'nexthop', 'mtu', 'ipsec'] as const;

/** `rt` is the routing header if a field of it follows, else the route of the packet. */
const rt: Reader = (p, at) => {
  if (p.isOneOf(EXTHDR_FIELDS.rt!)) return exthdrField(p, at, 'rt');
  const family = familyWord(p);
  const key = p.expectWord(...RT_KEYS);
  const expr = { kind: 'rt', span: p.since(at), key } as const;
  return family === undefined ? expr : { ...expr, family };
};

/** Alone it is the meta key; with a direction, a state of the packet's IPsec bundle. */
const ipsec: Reader = (p, at) => {
  if (!p.isWord('in') && !p.isWord('out')) return { kind: 'meta', span: p.since(at), key: 'ipsec' };
  const dir = p.expectWord('in', 'out');
  const spnum = p.acceptWord('spnum') ? p.number('spnum', 0, 255) : 0;
  if (!p.isWord('ip') && !p.isWord('ip6')) {
    const key = p.expectWord('spi', 'reqid');
    return { kind: 'ipsec', span: p.since(at), key, dir, spnum };
  }
  const family = p.expectWord('ip', 'ip6');
  const key = p.expectWord('saddr', 'daddr');
  return { kind: 'ipsec', span: p.since(at), key, dir, spnum, family };
};

const offset = (p: Parser): number => (p.acceptWord('offset') ? p.number('offset') : 0);

function modulus(p: Parser): number {
  p.expectWord('mod');
  return p.number('modulus');
}

const numgen: Reader = (p, at) => {
  const mode = p.expectWord('inc', 'random');
  const mod = modulus(p);
  const from = offset(p);
  return { kind: 'numgen', span: p.since(at), mode, mod, offset: from };
};

const jhash: Reader = (p, at) => {
  const start = p.here;
  const key = p.nested(() => concat(p));
  const expr = p.isWord('map') ? map(p, start, key) : key;
  const mod = modulus(p);
  const seed = p.acceptWord('seed') ? p.number('seed') : undefined;
  const from = offset(p);
  const hash = { kind: 'jhash', span: p.since(at), expr, mod, offset: from } as const;
  return seed === undefined ? hash : { ...hash, seed };
};

const symhash: Reader = (p, at) => {
  const mod = modulus(p);
  const from = offset(p);
  return { kind: 'symhash', span: p.since(at), mod, offset: from };
};

const tunnel: Reader = (p, at) => {
  const key = p.expectWord('path', 'id');
  return { kind: 'tunnel', span: p.since(at), key };
};

const PLAIN = 'ether vlan arp icmp igmp ip6 icmpv6 ah esp comp udp udplite th'.split(' ');

const SELECTORS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...PLAIN.map(plain),
  ['ip', ip],
  ['tcp', tcp],
  ['sctp', sctp],
  ['dccp', dccp],
  ['vxlan', tunnelled('vxlan', [INNER_NETWORK, INNER_LINK])],
  ['geneve', tunnelled('geneve', [INNER_NETWORK, INNER_LINK])],
  ['gre', tunnelled('gre', [INNER_NETWORK])],
  ['gretap', tunnelled('gretap', [INNER_NETWORK, INNER_LINK])],
  ...(['hbh', 'rt0', 'rt2', 'srh', 'frag', 'dst', 'mh'] as const).map(exthdr),
  ['exthdr', exthdrPresence],
  ['meta', meta],
  ...[...META_UNQUALIFIED, ...META_ALIASES.keys()].map(unqualified),
  ['ct', ct],
  ['socket', socket],
  ['osf', osf],
  ['fib', fib],
  ['rt', rt],
  ['ipsec', ipsec],
  ['numgen', numgen],
  ['jhash', jhash],
  ['symhash', symhash],
  ['tunnel', tunnel],
]);
