// What a listing says is understood again: for every field and key of the language, and the ways
// to compare them, the listing of a rule compiles to what lists the same.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CT_KEYS,
  type Datatype,
  IPV6_EXTHDRS,
  META_KEYS,
  PROTOCOLS,
  TCP_OPTIONS,
} from '../types/index.ts';
import { relistRule } from './test-support.ts';

type Family = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge';

interface Selector {
  readonly family: Family;
  readonly text: string;
  readonly type: Datatype;
  readonly bits: number;
}

const FAMILIES: Readonly<Record<string, Family>> = {
  ether: 'bridge',
  vlan: 'bridge',
  arp: 'arp',
  ip: 'ip',
  ip6: 'ip6',
};
/** Parts of other protocols' rules, not protocols to match. */
const NOT_MATCHED = new Set(['inet', 'netdev', 'inet-service', 'unknown', 'gretap']);

const FIELDS: readonly Selector[] = [...PROTOCOLS.values()]
  .filter(({ name }) => !NOT_MATCHED.has(name))
  .flatMap(({ name, fields }) =>
    fields.map((field) => ({
      family: FAMILIES[name] ?? 'inet',
      text: `${name} ${field.name}`,
      type: field.type,
      bits: field.len,
    })),
  );

const OPTIONS: readonly Selector[] = [...TCP_OPTIONS.values()].flatMap(({ name, fields }) =>
  fields.map((field) => ({
    family: 'inet' as const,
    text: `tcp option ${name} ${field.name}`,
    type: field.type,
    bits: field.len,
  })),
);

const HEADERS: readonly Selector[] = [...IPV6_EXTHDRS.values()].flatMap(({ name, fields }) =>
  fields.map((field) => ({
    family: 'ip6' as const,
    text: `${name} ${field.name}`,
    type: field.type,
    bits: field.len,
  })),
);

const KEYS: readonly Selector[] = [
  ...[...META_KEYS.values()].map((key) => ({ text: `meta ${key.name}`, key })),
  ...[...CT_KEYS.values()].map((key) => ({
    text: `ct ${/addr|proto-/.test(key.name) ? 'original ' : ''}${key.name}`,
    key,
  })),
].map(({ text, key }) => ({ family: 'inet', text, type: key.type, bits: key.len }));

/** Values of types that are not simply numbers. */
const VALUES: Readonly<Record<string, readonly [string, string]>> = {
  ipv4_addr: ['10.0.0.1', '192.168.1.0'],
  ipv6_addr: ['fe80::1', '2001:db8::'],
  ether_addr: ['00:11:22:33:44:55', '0a:0b:0c:0d:0e:0f'],
  time: ['30s', '2d'],
  ifname: ['"eth0"', '"wlan*"'],
  iface_index: ['1', '7'],
  boolean: ['exists', 'missing'],
  day: ['"Monday"', '"Friday"'],
  hour: ['"09:00"', '"17:30:15"'],
  string: ['"ftp"', '"sip"'],
  classid: ['1:2', 'aa:bb'],
  ct_dir: ['original', 'reply'],
  ct_label: ['1', '3'],
  cgroupsv2: ['0x1', '0x2'],
};
const NO_RANGES = new Set(['ifname', 'boolean', 'string', 'ct_dir', 'ct_label', 'iface_index']);

function forms({ text, type, bits }: Selector): string[] {
  const [a, b] = VALUES[type.name] ?? ['1', bits > 1 ? '2' : '0'];
  const exact = [
    `${text} ${a}`,
    `${text} != ${b}`,
    `${text} { ${a}, ${b} }`,
    `${text} vmap { ${a} : accept, ${b} : drop }`,
    `meta mark set ${text} map { ${a} : 0x1, ${b} : 0x2 }`,
  ];
  if (NO_RANGES.has(type.name) || bits === 1) return exact;
  return [...exact, `${text} ${a}-${b}`, `${text} > ${a}`, `${text} { ${a}-${b} }`];
}

/** A listing, or why there is none: not everything above is a rule. */
function attempt(family: Family, rule: string): { listed?: string; refused?: string } {
  try {
    return { listed: relistRule(family, rule) };
  } catch (error) {
    return { refused: String(error) };
  }
}

describe.each([
  ['fields of protocols', FIELDS, 0.95],
  // Their kind is a field of the table, but the language asks for it with `exists`.
  ['options of TCP', OPTIONS, 0.6],
  ['extension headers', HEADERS, 0.85],
  ['keys of meta and ct', KEYS, 0.8],
] as const)('%s', (_name, selectors, atLeast) => {
  const rules = selectors.flatMap((selector) =>
    forms(selector).map((rule) => ({ family: selector.family, rule })),
  );
  const listings = rules.map((one) => ({ ...one, ...attempt(one.family, one.rule) }));
  const taken = listings.filter(({ listed }) => listed !== undefined);

  test('nearly all are rules', () => {
    expect(taken.length / rules.length).toBeGreaterThan(atLeast);
  });

  test('their listings list the same again', () => {
    const wrong = taken
      .map((one) => ({ ...one, again: attempt(one.family, one.listed ?? '') }))
      .filter(({ listed, again }) => again.listed !== listed);
    expect(wrong).toEqual([]);
  });
});

// Of one family and protocol: of a rule that contradicts itself a listing may lose one side.
describe('sequences', () => {
  const parts = [
    'ip saddr 10.0.0.0/8',
    'meta l4proto tcp',
    'meta nfproto ipv4',
    'tcp dport 22',
    'tcp flags syn',
    'udp dport { 53, 67-68 }',
    'th dport 53',
    'icmp type echo-request',
    'ip dscp cs1',
    'ct state established,related',
    'counter packets 0 bytes 0',
    'meta mark set ip dscp',
    'ip saddr . tcp dport { 10.0.0.1 . 22 }',
    'reject with tcp reset',
    'accept',
  ];

  test('any of these in any order list the same again, if they are a rule at all', () => {
    let rules = 0;
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 1, maxLength: 4 }), (some) => {
        const { listed } = attempt('inet', some.join(' '));
        if (listed === undefined) return;
        rules++;
        expect(attempt('inet', listed)).toEqual({ listed });
      }),
      { numRuns: 400, seed: 1 },
    );
    expect(rules).toBeGreaterThan(100);
  });
});
