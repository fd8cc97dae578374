import type {
  Expression,
  Family,
  Name,
  ObjectDeclaration,
  ObjectKind,
  TunnelEncapsulation,
} from '../ast/index.ts';
import { readPlace } from './read-declarations.ts';
import { readImmediate } from './read-expressions.ts';
import { inverted, readLimit } from './read-stateful.ts';
import { readSynproxy } from './read-statements.ts';
import {
  asArray,
  asName,
  asNumber,
  asObject,
  asQuantity,
  asString,
  asWord,
  fail,
  given,
  maybe,
  need,
} from './reader.ts';
import type { JsonNode, ObjectNode } from './text.ts';

type Base = ReturnType<typeof readPlace> & { readonly name: Name; readonly span: Name['span'] };
type Reader = (node: ObjectNode, base: Base) => ObjectDeclaration;

const l4 = (node: ObjectNode): 'tcp' | 'udp' => asWord(need(node, 'protocol'), ['tcp', 'udp']);

const FAMILIES: readonly Family[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];
const l3 = (node: ObjectNode): { l3proto?: Family } =>
  given(
    'l3proto',
    maybe(node, 'l3proto', (n) => asWord(n, FAMILIES)),
  );

const quantity = (node: ObjectNode, name: string) => maybe(node, name, asQuantity) ?? 0;

/** NFT_SECMARK_CTX_MAXLEN and NF_CT_HELPER_NAME_LEN, less the terminating zero. */
const MAX_SECMARK = 4095;
const MAX_HELPER = 15;

/** A text with a limited number of characters. */
function limited(node: JsonNode, limit: number): string {
  const text = asString(node);
  if (text.length === 0 || text.length > limit) fail(node, `this has 1 to ${limit} characters`);
  return text;
}

function timeoutPolicy(node: JsonNode): { state: Name; seconds: number }[] {
  return [...asObject(node).members].map(([name, value]) => ({
    state: { name, span: value.span },
    seconds: asNumber(value),
  }));
}

const port = (node: JsonNode): number => asNumber(node, 0, 0xffff);
const octet = (node: JsonNode): number => asNumber(node, 0, 255);

/** Four-byte and sixteen-byte addresses have different names; a tunnel has two of one kind. */
function address(node: ObjectNode, side: 'src' | 'dst'): Expression | undefined {
  const v4 = maybe(node, `${side}-ipv4`, readImmediate);
  return v4 ?? maybe(node, `${side}-ipv6`, readImmediate);
}

function encapsulation(node: ObjectNode): TunnelEncapsulation | undefined {
  const type = maybe(node, 'type', (n) => asWord(n, ['erspan', 'vxlan', 'geneve']));
  if (type === undefined) return undefined;
  const value = need(node, 'tunnel');
  if (type === 'vxlan') return { kind: 'vxlan', gbp: asNumber(need(asObject(value), 'gbp')) };
  if (type === 'geneve') return { kind: 'geneve', options: asArray(value).map(geneveOption) };
  return erspan(asObject(value));
}

function geneveOption(node: JsonNode): { class: number; optType: number; data: string } {
  const option = asObject(node);
  return {
    class: port(need(option, 'class')),
    optType: octet(need(option, 'opt-type')),
    data: asString(need(option, 'data')),
  };
}

function erspan(node: ObjectNode): TunnelEncapsulation {
  if (asNumber(need(node, 'version'), 1, 2) === 1) {
    return { kind: 'erspan', version: 1, index: asNumber(need(node, 'index')) };
  }
  const direction = asWord(need(node, 'dir'), ['ingress', 'egress']);
  return { kind: 'erspan', version: 2, direction, id: asNumber(need(node, 'hwid')) };
}

const READERS: { readonly [K in ObjectKind]: Reader } = {
  counter: (node, base) => ({
    ...base,
    kind: 'counter',
    packets: quantity(node, 'packets'),
    bytes: quantity(node, 'bytes'),
  }),
  quota: (node, base) => ({
    ...base,
    kind: 'quota',
    over: inverted(node),
    bytes: quantity(node, 'bytes'),
    used: quantity(node, 'used'),
  }),
  limit: (node, base) => ({ ...base, kind: 'limit', ...readLimit(node) }),
  'ct helper': (node, base) => ({
    ...base,
    kind: 'ct helper',
    type: limited(need(node, 'type'), MAX_HELPER),
    protocol: l4(node),
    ...l3(node),
  }),
  'ct timeout': (node, base) => ({
    ...base,
    kind: 'ct timeout',
    protocol: l4(node),
    ...l3(node),
    policy: maybe(node, 'policy', timeoutPolicy) ?? [],
  }),
  'ct expectation': (node, base) => ({
    ...base,
    kind: 'ct expectation',
    protocol: l4(node),
    ...l3(node),
    dport: port(need(node, 'dport')),
    timeout: asNumber(need(node, 'timeout')),
    size: octet(need(node, 'size')),
  }),
  secmark: (node, base) => ({
    ...base,
    kind: 'secmark',
    context: limited(need(node, 'context'), MAX_SECMARK),
  }),
  synproxy: (node, base) => ({ ...base, kind: 'synproxy', ...readSynproxy(node) }),
  tunnel: (node, base) => ({
    ...base,
    kind: 'tunnel',
    id: asNumber(need(node, 'id')),
    ...given('src', address(node, 'src')),
    ...given('dst', address(node, 'dst')),
    ...given('sport', maybe(node, 'sport', port)),
    ...given('dport', maybe(node, 'dport', port)),
    ...given('ttl', maybe(node, 'ttl', octet)),
    ...given('tos', maybe(node, 'tos', octet)),
    ...given('encapsulation', encapsulation(node)),
  }),
};

export const isObjectTag = (tag: string): tag is ObjectKind => Object.hasOwn(READERS, tag);

/** A named object. */
export function readObject(kind: ObjectKind, node: ObjectNode): ObjectDeclaration {
  const base = { ...readPlace(node), name: asName(need(node, 'name')), span: node.span };
  return READERS[kind](node, base);
}
