import { grammar } from '../1-parse/index.ts';
import type { FibExpression, InnerTunnel, SelectorExpression, Span } from '../ast/index.ts';
import { nearest } from '../diagnostics/index.ts';
import { readExpression } from './read-expressions.ts';
import {
  asNumber,
  asObject,
  asString,
  asWord,
  asWords,
  fail,
  given,
  maybe,
  need,
} from './reader.ts';
import type { JsonNode, ObjectNode } from './text.ts';

type Reader = (value: ObjectNode, span: Span) => SelectorExpression;

/** A string that is one of a set of words. */
function wordOf(node: JsonNode, words: ReadonlySet<string>, what: string): string {
  const value = asString(node);
  if (!words.has(value)) fail(node, `'${value}' is no ${what}`, nearest(value, words));
  return value;
}

const keysOf = (table: Readonly<Record<string, unknown>>): ReadonlySet<string> =>
  new Set(Object.keys(table));
const PROTOCOLS = keysOf(grammar.PAYLOAD_FIELDS);
const TUNNELS: readonly InnerTunnel[] = ['vxlan', 'geneve', 'gre', 'gretap'];

const payload: Reader = (value, span) => {
  if (value.members.has('base')) return rawPayload(value, span);
  const protocol = wordOf(need(value, 'protocol'), PROTOCOLS, 'protocol');
  const fields = grammar.PAYLOAD_FIELDS[protocol]!;
  const field = wordOf(need(value, 'field'), fields, `field of ${protocol}`);
  const tunnel = maybe(value, 'tunnel', (node) => asWord(node, TUNNELS));
  // A tunnel's own header is not inside it.
  const inner = tunnel === protocol ? undefined : tunnel;
  return { kind: 'payload', span, protocol, field, ...given('tunnel', inner) };
};

const MAX_BITS = 1024;

const rawPayload: Reader = (value, span) => ({
  kind: 'payload raw',
  span,
  base: asWord(need(value, 'base'), ['ll', 'nh', 'th', 'ih']),
  offset: asNumber(need(value, 'offset')),
  len: asNumber(need(value, 'len'), 1, MAX_BITS),
});

const EXTHDRS = ['hbh', 'rt', 'rt0', 'rt2', 'srh', 'frag', 'dst', 'mh'] as const;

const exthdr: Reader = (value, span) => {
  const name = asWord(need(value, 'name'), EXTHDRS);
  const field = maybe(value, 'field', (node) => exthdrField(node, name));
  const offset = maybe(value, 'offset', (node) => asNumber(node, 0, 254));
  // `rt0` counts its addresses from 1; the offset is from the first.
  const shifted = field?.replace(/\[(\d+)\]$/, (_, n) => `[${Number(n) + (offset ?? 0)}]`);
  return { kind: 'exthdr', span, name, ...given('field', shifted) };
};

function exthdrField(node: JsonNode, name: (typeof EXTHDRS)[number]): string {
  const field = asString(node);
  const plain = field.replace(/\[\d+\]$/, '');
  const known = grammar.EXTHDR_FIELDS[name]!;
  if (!known.has(plain)) fail(node, `'${field}' is no field of ${name}`, nearest(field, known));
  return field;
}

const OPTION_NAMES = new Set(grammar.TCP_OPTIONS.keys());

const tcpOption: Reader = (value, span) => {
  if (value.members.has('base')) return rawTcpOption(value, span);
  const written = wordOf(need(value, 'name'), OPTION_NAMES, 'TCP option');
  const name = grammar.TCP_OPTIONS.get(written)!;
  const fields = new Set(['length', ...(grammar.TCP_OPTION_FIELDS[name] ?? [])]);
  const field = maybe(value, 'field', (node) => wordOf(node, fields, `field of ${name}`));
  return { kind: 'tcp option', span, name, ...given('field', field) };
};

/** Presence of an option is a load of its kind: offset 0, length 8 (or 0, as `reset` prints it). */
const rawTcpOption: Reader = (value, span) => {
  const kind = asNumber(need(value, 'base'), 0, 255);
  const offset = asNumber(need(value, 'offset'));
  const len = asNumber(need(value, 'len'), 0, MAX_BITS);
  const name = grammar.TCP_OPTION_KINDS.get(kind) ?? kind;
  if (offset === 0 && (len === 0 || len === 8)) return { kind: 'tcp option', span, name };
  return { kind: 'tcp option', span, name: kind, raw: { offset, len } };
};

const IP_OPTIONS = ['lsrr', 'rr', 'ssrr', 'ra'] as const;

const ipOption: Reader = (value, span) => {
  const name = asWord(need(value, 'name'), IP_OPTIONS);
  const fields = grammar.IP_OPTION_FIELDS;
  const field = maybe(value, 'field', (node) => wordOf(node, fields, 'field of an IP option'));
  return { kind: 'ip option', span, name, ...given('field', field) };
};

const CHUNKS = keysOf(grammar.SCTP_CHUNKS);

const sctpChunk: Reader = (value, span) => {
  const name = wordOf(need(value, 'name'), CHUNKS, 'SCTP chunk');
  const fields = grammar.SCTP_CHUNKS[name]!;
  const field = maybe(value, 'field', (node) => wordOf(node, fields, `field of ${name}`));
  return { kind: 'sctp chunk', span, name, ...given('field', field) };
};

const dccpOption: Reader = (value, span) => ({
  kind: 'dccp option',
  span,
  type: asNumber(need(value, 'type'), 0, 255),
});

const META = new Set([
  ...grammar.META_QUALIFIED,
  ...grammar.META_UNQUALIFIED,
  ...grammar.META_ALIASES.keys(),
]);

const meta: Reader = (value, span) => {
  const key = wordOf(need(value, 'key'), META, 'meta key');
  return { kind: 'meta', span, key: grammar.META_ALIASES.get(key) ?? key };
};

const FAMILY_KEYS = ['ip saddr', 'ip daddr', 'ip6 saddr', 'ip6 daddr'];
const CT = new Set([...grammar.CT_KEYS, ...FAMILY_KEYS]);
const CT_DIRECTED = new Set([...grammar.CT_DIRECTED, ...FAMILY_KEYS]);

const ct: Reader = (value, span) => {
  const key = wordOf(need(value, 'key'), CT, 'ct key');
  const dir = maybe(value, 'dir', (node) => asWord(node, ['original', 'reply']));
  if (dir !== undefined && !CT_DIRECTED.has(key)) fail(value, `ct ${key} has no direction`);
  return { kind: 'ct', span, key, ...given('dir', dir) };
};

const socket: Reader = (value, span) => ({
  kind: 'socket',
  span,
  key: asWord(need(value, 'key'), ['transparent', 'mark', 'wildcard', 'cgroupv2']),
  ...given(
    'level',
    maybe(value, 'level', (node) => asNumber(node, 0, 255)),
  ),
});

const osf: Reader = (value, span) => ({
  kind: 'osf',
  span,
  key: asWord(need(value, 'key'), ['name', 'version']),
  ...given(
    'ttl',
    maybe(value, 'ttl', (node) => asWord(node, ['loose', 'skip'])),
  ),
});

const FIB_FLAGS = ['saddr', 'daddr', 'mark', 'iif', 'oif'] as const;

const fib: Reader = (value, span) => {
  const result = asWord(need(value, 'result'), ['oif', 'oifname', 'type', 'check']);
  const flags = maybe(value, 'flags', (node) => asWords(node, FIB_FLAGS)) ?? [];
  checkFib(value, flags);
  return { kind: 'fib', span, result, flags };
};

function checkFib(node: ObjectNode, flags: FibExpression['flags']): void {
  const has = (flag: (typeof FIB_FLAGS)[number]): boolean => flags.includes(flag);
  if (has('saddr') === has('daddr')) fail(node, 'fib needs either saddr or daddr');
  if (has('iif') && has('oif')) fail(node, 'fib takes iif or oif, not both');
}

const family = (value: ObjectNode): { family?: 'ip' | 'ip6' } =>
  given(
    'family',
    maybe(value, 'family', (node) => asWord(node, ['ip', 'ip6'])),
  );

const rt: Reader = (value, span) => ({
  kind: 'rt',
  span,
  key: asWord(need(value, 'key'), ['classid', 'nexthop', 'mtu', 'ipsec']),
  ...family(value),
});

const ipsec: Reader = (value, span) => ({
  kind: 'ipsec',
  span,
  key: asWord(need(value, 'key'), ['spi', 'reqid', 'saddr', 'daddr']),
  dir: asWord(need(value, 'dir'), ['in', 'out']),
  spnum: maybe(value, 'spnum', (node) => asNumber(node, 0, 255)) ?? 0,
  ...family(value),
});

const offset = (value: ObjectNode): number => maybe(value, 'offset', (n) => asNumber(n)) ?? 0;

const numgen: Reader = (value, span) => ({
  kind: 'numgen',
  span,
  mode: asWord(need(value, 'mode'), ['inc', 'random']),
  mod: asNumber(need(value, 'mod')),
  offset: offset(value),
});

const jhash: Reader = (value, span) => ({
  kind: 'jhash',
  span,
  expr: readExpression(need(value, 'expr')),
  mod: asNumber(need(value, 'mod')),
  offset: offset(value),
  ...given(
    'seed',
    maybe(value, 'seed', (node) => asNumber(node)),
  ),
});

const symhash: Reader = (value, span) => ({
  kind: 'symhash',
  span,
  mod: asNumber(need(value, 'mod')),
  offset: offset(value),
});

const tunnel: Reader = (value, span) => ({
  kind: 'tunnel',
  span,
  key: asWord(need(value, 'key'), ['path', 'id']),
});

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['payload', payload],
  ['exthdr', exthdr],
  ['tcp option', tcpOption],
  ['ip option', ipOption],
  ['sctp chunk', sctpChunk],
  ['dccp option', dccpOption],
  ['meta', meta],
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

export const isSelectorTag = (tag: string): boolean => READERS.has(tag);
export const selectorTags = (): Iterable<string> => READERS.keys();

/** A field of the packet or its surroundings. */
export const readSelector = (tag: string, value: JsonNode, node: JsonNode): SelectorExpression =>
  READERS.get(tag)!(asObject(value), node.span);
