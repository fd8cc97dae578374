// Random rulesets, drawn so that random packets meet them: few addresses, few ports, many shapes.
// Everything made here is a ruleset the reference compiler takes.

import type { Random } from '../../../src/core/index.ts';

/** A ruleset in parts that can be left out one by one. */
export interface RandomRuleset {
  readonly chains: readonly RandomChain[];
}

export interface RandomChain {
  /** Head of a base chain; regular chains have none and are called by their name. */
  readonly name: string;
  readonly type: 'filter' | 'nat' | 'route' | 'regular';
  readonly hook: string;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly string[];
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;
const chance = (random: Random, percent: number): boolean => random.below(100) < percent;

const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
const PRIORITIES = [-310, -150, -10, 0, 0, 0, 10, 50, 110];

export const PORTS = [21, 22, 53, 80, 443, 1024, 5353, 40000];
export const ADDRESSES4 = [
  '10.0.0.2',
  '10.0.0.3',
  '10.0.0.7',
  '192.0.2.2',
  '192.0.2.5',
  '10.0.2.2',
  '10.0.0.1',
  '192.0.2.1',
];
export const ADDRESSES6 = [
  '2001:db8::2',
  '2001:db8::3',
  '2001:db8:1::2',
  '2001:db8:1::5',
  '2001:db8:2::2',
  '2001:db8::1',
];
const NETS4 = [
  '10.0.0.0/24',
  '10.0.0.0/30',
  '192.0.2.0/24',
  '10.0.0.0/8',
  '10.0.0.2-10.0.0.5',
  '0.0.0.0/0',
];
const NETS6 = [
  '2001:db8::/64',
  '2001:db8::/32',
  '2001:db8:1::/64',
  '2001:db8::2-2001:db8::5',
  '::/0',
];
const PORT_RANGES = ['1-1023', '1024-65535', '53-80', '22-22'];
const FLAGS = ['syn', 'ack', 'fin', 'rst', 'psh', 'urg'];
const OPS = ['', '!= '];
const ORDERS = ['', '!= ', '< ', '> ', '<= ', '>= '];

type Make = (r: Random) => string;

const set = (r: Random, from: readonly string[]): string => {
  const n = 1 + r.below(3);
  const chosen = new Set(Array.from({ length: n }, () => pick(r, from)));
  return `{ ${[...chosen].join(', ')} }`;
};

const ports = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, ORDERS)}${pick(x, PORTS)}`,
    (x) => `${pick(x, OPS)}${pick(x, PORT_RANGES)}`,
    (x) => `${pick(x, OPS)}${set(x, PORTS.map(String))}`,
    (x) => `{ ${pick(x, [21, 22])}, ${pick(x, ['53-80', '100-200'])}, 443 }`,
    (x) => `& 0x${pick(x, ['0001', '00ff', 'fff0'])} == ${pick(x, [0, 1, 53, 80])}`,
  ])(r);

const address4 = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, OPS)}${pick(x, ADDRESSES4)}`,
    (x) => `${pick(x, OPS)}${pick(x, NETS4)}`,
    (x) => `${pick(x, OPS)}${set(x, ADDRESSES4)}`,
    (x) => `{ 10.0.0.0/29, ${pick(x, ['192.0.2.2', '192.0.2.0-192.0.2.3'])} }`,
    (x) => `& 255.255.255.0 == ${pick(x, ['10.0.0.0', '192.0.2.0'])}`,
    (x) => `${pick(x, ['< ', '> '])}${pick(x, ADDRESSES4)}`,
  ])(r);

const address6 = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, OPS)}${pick(x, ADDRESSES6)}`,
    (x) => `${pick(x, OPS)}${pick(x, NETS6)}`,
    (x) => `${pick(x, OPS)}${set(x, ADDRESSES6)}`,
  ])(r);

const tcpFlags = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, OPS)}${pick(x, FLAGS)}`,
    (x) => `& (fin|syn|rst|ack) ${pick(x, ['==', '!='])} ${pick(x, ['syn', 'ack', 'syn|ack'])}`,
    // nft 1.0.6 takes the braces off a single element and with them its exactness.
    (x) => `{ syn, ${pick(x, ['ack', 'syn|ack', 'fin|ack', 'rst'])} }`,
    (x) => `${pick(x, ['syn', 'ack', 'syn,ack'])} / ${pick(x, ['fin,syn,rst,ack', 'syn,ack'])}`,
  ])(r);

const CT_STATES = ['new', 'established', 'related', 'invalid', 'untracked'];

/**
 * A match or statement and the protocols it needs. '' is at home in every rule; `any` needs a rule
 * that has not said its protocol, `th` one that has ports.
 */
interface Part {
  readonly l3: '' | 'any' | 'ip' | 'ip6';
  readonly l4: '' | 'any' | 'tcp' | 'udp' | 'icmp' | 'th';
  readonly make: Make;
  /** Only in these hooks; the kernel refuses it elsewhere. */
  readonly hooks?: readonly string[];
}

const MATCHES: readonly Part[] = [
  { l3: 'ip', l4: '', make: (r) => `ip saddr ${address4(r)}` },
  { l3: 'ip', l4: '', make: (r) => `ip daddr ${address4(r)}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 saddr ${address6(r)}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 daddr ${address6(r)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp dport ${ports(r)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp sport ${ports(r)}` },
  { l3: '', l4: 'udp', make: (r) => `udp dport ${ports(r)}` },
  { l3: '', l4: 'udp', make: (r) => `udp sport ${ports(r)}` },
  { l3: '', l4: 'th', make: (r) => `th dport ${pick(r, OPS)}${pick(r, PORTS)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp flags ${tcpFlags(r)}` },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp window ${pick(r, ORDERS)}${pick(r, [0, 100, 1024, 64240])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp sequence ${pick(r, ORDERS)}${pick(r, [1000, 5000, 4294967295])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp option maxseg size ${pick(r, ORDERS)}${pick(r, [1400, 1460])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) =>
      `tcp option ${pick(r, ['sack-perm', 'window', 'timestamp', 'maxseg'])} ${pick(r, ['exists', 'missing'])}`,
  },
  { l3: 'ip', l4: '', make: (r) => `ip ttl ${pick(r, ORDERS)}${pick(r, [1, 2, 63, 64])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 hoplimit ${pick(r, ORDERS)}${pick(r, [1, 2, 63, 64])}` },
  {
    l3: 'ip',
    l4: '',
    make: (r) => `ip dscp ${pick(r, OPS)}${pick(r, ['cs0', 'cs1', 'ef', 'af41'])}`,
  },
  { l3: 'ip6', l4: '', make: (r) => `ip6 dscp ${pick(r, OPS)}${pick(r, ['cs0', 'cs1', 'ef'])}` },
  { l3: 'ip', l4: '', make: (r) => `ip length ${pick(r, ORDERS)}${pick(r, [28, 40, 60])}` },
  { l3: 'ip', l4: '', make: (r) => `ip id ${pick(r, ORDERS)}${pick(r, [0, 1, 4660])}` },
  {
    l3: 'ip',
    l4: '',
    make: (r) => `ip frag-off & 0x${pick(r, ['4000', '1fff', '2000'])} ${pick(r, ['==', '!='])} 0`,
  },
  {
    l3: 'ip',
    l4: 'any',
    make: (r) => `ip protocol ${pick(r, ['tcp', 'udp', 'icmp', '{ tcp, udp }', '!= tcp'])}`,
  },
  {
    l3: 'ip6',
    l4: 'any',
    make: (r) => `ip6 nexthdr ${pick(r, ['tcp', 'udp', 'ipv6-icmp', '!= tcp'])}`,
  },
  {
    l3: 'ip',
    l4: 'icmp',
    make: (r) =>
      `icmp type ${pick(r, ['echo-request', 'echo-reply', '{ echo-request, echo-reply }'])}`,
  },
  {
    l3: 'ip6',
    l4: 'icmp',
    make: (r) =>
      `icmpv6 type ${pick(r, ['echo-request', 'echo-reply', '{ echo-request, echo-reply }'])}`,
  },
  { l3: 'ip', l4: 'icmp', make: (r) => `icmp id ${pick(r, ORDERS)}${pick(r, [1, 7])}` },
  {
    l3: '',
    l4: 'any',
    make: (r) =>
      `meta l4proto ${pick(r, ['tcp', 'udp', 'icmp', 'ipv6-icmp', '{ tcp, udp }', '!= udp'])}`,
  },
  { l3: 'any', l4: '', make: (r) => `meta nfproto ${pick(r, ['ipv4', 'ipv6'])}` },
  { l3: '', l4: '', make: (r) => `meta length ${pick(r, ORDERS)}${pick(r, [28, 40, 60, 100])}` },
  { l3: '', l4: '', make: (r) => `meta mark ${pick(r, ORDERS)}${pick(r, [0, 1, 2, 255])}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta mark & 0x${pick(r, ['1', 'ff', 'fe'])} ${pick(r, ['==', '!='])} ${pick(r, [0, 1])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta pkttype ${pick(r, ['unicast', 'broadcast', '!= unicast', '{ unicast, multicast }'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `iifname ${pick(r, OPS)}${pick(r, ['"eth0"', '"eth1"', '"eth*"', '{ "eth0", "eth2" }'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `oifname ${pick(r, OPS)}${pick(r, ['"eth0"', '"eth1"', '"lo"'])}`,
  },
  { l3: '', l4: '', make: (r) => `iif ${pick(r, OPS)}${pick(r, ['"eth0"', '"lo"'])}` },
  { l3: '', l4: '', make: (r) => `ct state ${pick(r, OPS)}${pick(r, CT_STATES)}` },
  { l3: '', l4: '', make: (r) => `ct state ${set(r, CT_STATES)}` },
  {
    l3: '',
    l4: '',
    make: (r) => `ct state ${pick(r, ['established,related', 'new,untracked', 'invalid,new'])}`,
  },
  { l3: '', l4: '', make: (r) => `ct direction ${pick(r, ['original', 'reply'])}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `ct status ${pick(r, ['seen-reply', 'assured', 'confirmed', 'snat', 'dnat', '!= seen-reply'])}`,
  },
  { l3: '', l4: '', make: (r) => `ct mark ${pick(r, ORDERS)}${pick(r, [0, 1, 2])}` },
  { l3: '', l4: 'any', make: (r) => `ct protocol ${pick(r, ['tcp', 'udp', 'icmp'])}` },
  { l3: '', l4: 'th', make: (r) => `ct original proto-dst ${pick(r, PORTS)}` },
  { l3: '', l4: 'th', make: (r) => `ct reply proto-src ${pick(r, PORTS)}` },
  { l3: '', l4: '', make: (r) => `ct original packets ${pick(r, ['> ', '< '])}${pick(r, [1, 2])}` },
  { l3: '', l4: '', make: (r) => `ct bytes ${pick(r, ['> ', '< '])}${pick(r, [50, 100])}` },
  { l3: '', l4: '', make: (r) => `@th,${pick(r, [0, 16])},16 ${pick(r, OPS)}${pick(r, PORTS)}` },
  {
    l3: '',
    l4: '',
    make: (r) => `@nh,${pick(r, [0, 8])},8 ${pick(r, ['!= ', '> '])}${pick(r, [0, 69, 96])}`,
  },
  { l3: '', l4: '', make: (r) => `@th,64,8 ${pick(r, ORDERS)}${pick(r, [0, 97])}` },
  {
    l3: 'ip',
    l4: 'tcp',
    make: (r) =>
      `ip saddr . tcp dport { ${pick(r, ADDRESSES4)} . ${pick(r, PORTS)}, 10.0.0.3 . 22 }`,
  },
  {
    l3: 'ip',
    l4: 'udp',
    make: (r) =>
      `ip saddr . udp dport { 10.0.0.0/${pick(r, [24, 29, 30])} . ${pick(r, ['1-100', '53', '1000-50000'])}, 192.0.2.2 . 53 }`,
  },
  {
    l3: 'ip',
    l4: 'any',
    make: (r) => `iifname . ip protocol { "eth0" . ${pick(r, ['tcp', 'udp'])}, "eth1" . icmp }`,
  },
  { l3: '', l4: '', make: (r) => `fib saddr type ${pick(r, ['unicast', 'local', '!= unicast'])}` },
  {
    l3: '',
    l4: '',
    make: (r) => `fib daddr type ${pick(r, ['unicast', 'local', 'broadcast', '!= local'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `fib saddr . iif oif ${pick(r, ['exists', 'missing'])}`,
    hooks: ['prerouting', 'input', 'forward'],
  },
  { l3: 'ip6', l4: '', make: (r) => `exthdr frag ${pick(r, ['exists', 'missing'])}` },
  {
    l3: '',
    l4: '',
    make: (r) => `limit rate ${pick(r, ['', 'over '])}1/hour burst ${pick(r, [1, 2, 3])} packets`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `quota ${pick(r, ['over', 'until'])} ${pick(r, [60, 100, 200])} bytes`,
  },
];

/** What a rule does before its verdict. */
const STATEMENTS: readonly Part[] = [
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta mark set ${pick(r, ['1', '2', 'meta mark | 0x1', 'ct mark', 'meta mark & 0xfe'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `ct mark set ${pick(r, ['1', '2', 'meta mark', 'ct mark | 0x2'])}`,
  },
  { l3: 'ip', l4: '', make: (r) => `ip ttl set ${pick(r, [9, 64, 200])}` },
  { l3: 'ip', l4: '', make: (r) => `ip dscp set ${pick(r, ['cs1', 'ef', 'cs0'])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 hoplimit set ${pick(r, [9, 64])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 dscp set ${pick(r, ['cs1', 'ef'])}` },
  { l3: '', l4: 'udp', make: (r) => `udp dport set ${pick(r, PORTS)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp window set ${pick(r, [100, 2000])}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp option maxseg size set ${pick(r, [1200, 1460])}` },
  { l3: '', l4: '', make: (r) => `meta priority set 1:${pick(r, [1, 2])}` },
  { l3: '', l4: 'udp', make: () => 'meta mark set udp dport map { 53 : 1, 80 : 2 }' },
];

const verdictOf = (r: Random, hook: string, calls: readonly string[], said: Said): string =>
  pick<Make>(r, [
    () => '',
    () => 'accept',
    () => 'accept',
    () => 'drop',
    () => 'return',
    () => 'continue',
    (x) => (calls.length > 0 ? `${pick(x, ['jump', 'goto'])} ${pick(x, calls)}` : 'accept'),
    (x) =>
      ['input', 'forward', 'output', 'prerouting'].includes(hook)
        ? pick(x, [
            'reject',
            'reject with icmpx type admin-prohibited',
            said.l4 === 'tcp' ? 'reject with tcp reset' : 'reject',
          ])
        : 'drop',
    (x) =>
      said.l4 === 'tcp' || said.l4 === 'udp'
        ? `${said.l4} dport vmap { 53 : ${pick(x, ['accept', 'drop'])}, 80 : ${calls.length > 0 ? `jump ${pick(x, calls)}` : 'drop'}, 443 : continue }`
        : 'drop',
    (x) =>
      `ct state vmap { established : accept, invalid : drop, new : ${pick(x, ['continue', 'accept'])} }`,
    (x) =>
      said.l3 === 'ip'
        ? `ip saddr vmap { 10.0.0.0-10.0.0.3 : ${pick(x, ['accept', 'return'])}, 192.0.2.2 : drop }`
        : 'accept',
  ])(r);

/** The protocols a rule is about; '' leaves them open. */
interface Said {
  readonly l3: '' | 'ip' | 'ip6';
  readonly l4: '' | 'tcp' | 'udp' | 'icmp';
}

const fits = (part: Part, said: Said): boolean => {
  const l3 = part.l3 === '' || (part.l3 === 'any' ? said.l3 === '' : part.l3 === said.l3);
  if (part.l4 === 'th') return l3 && (said.l4 === 'tcp' || said.l4 === 'udp');
  return l3 && (part.l4 === '' || (part.l4 === 'any' ? said.l4 === '' : part.l4 === said.l4));
};

/** What makes the protocols known to matches that need them. */
const sayL4 = (said: Said): string[] =>
  said.l4 === 'tcp' || said.l4 === 'udp' ? [`meta l4proto ${said.l4}`] : [];

function saidOf(r: Random): Said {
  const l3 = pick(r, ['', 'ip', 'ip', 'ip6'] as const);
  const l4 = pick(r, ['', 'tcp', 'tcp', 'udp', 'icmp'] as const);
  return { l3: l4 === 'icmp' && l3 === '' ? 'ip' : l3, l4 };
}

function filterRule(r: Random, hook: string, calls: readonly string[]): string {
  const said = saidOf(r);
  const usable = MATCHES.filter((m) => fits(m, said) && (m.hooks?.includes(hook) ?? true));
  const matches = Array.from({ length: r.below(4) }, () => pick(r, usable).make(r));
  const changes = STATEMENTS.filter((m) => fits(m, said));
  const statement = chance(r, 20) ? [pick(r, changes).make(r)] : [];
  const parts = [...sayL4(said), ...matches, 'counter', ...statement];
  return [...parts, verdictOf(r, hook, calls, said)].filter(Boolean).join(' ');
}

const PREFIX = {
  source: ['ip saddr 10.0.0.0/24', 'oifname "eth1"', 'meta l4proto { tcp, udp }'],
  destination: ['iifname "eth0"', 'iifname "eth1"'],
};

function natRule(r: Random, hook: string): string {
  if (hook === 'postrouting' || hook === 'input') {
    const to =
      hook === 'input'
        ? 'snat ip to 10.0.0.77'
        : pick(r, [
            'snat ip to 192.0.2.9',
            'masquerade',
            'snat ip to 192.0.2.1',
            'snat ip6 to 2001:db8:1::9',
          ]);
    return `${to.includes('ip6') ? 'oifname "eth1" meta l4proto { tcp, udp }' : pick(r, PREFIX.source)} ${chance(r, 30) ? `th dport ${pick(r, PORTS)} ` : ''}counter ${to}`;
  }
  const port = pick(r, PORTS);
  const to =
    hook === 'output'
      ? pick(r, ['dnat ip to 10.0.0.2', 'accept'])
      : pick(r, [
          'dnat ip to 10.0.2.2',
          `dnat ip to 10.0.2.2:${pick(r, PORTS)}`,
          'dnat ip6 to 2001:db8:2::2',
          `redirect to :${pick(r, PORTS)}`,
          'accept',
        ]);
  return `${hook === 'output' ? '' : `${pick(r, PREFIX.destination)} `}${pick(r, ['tcp', 'udp'])} dport ${port} counter ${to}`;
}

function baseChain(r: Random, index: number, calls: readonly string[]): RandomChain {
  const hook = pick(r, HOOKS);
  const rules = Array.from({ length: 1 + r.below(6) }, () => filterRule(r, hook, calls));
  const policy = chance(r, 25) ? 'drop' : 'accept';
  return {
    name: `base${index}`,
    type: 'filter',
    hook,
    priority: pick(r, PRIORITIES),
    policy,
    rules,
  };
}

function natChain(r: Random): RandomChain {
  const hook = pick(r, ['prerouting', 'postrouting', 'output', 'prerouting', 'postrouting']);
  const rules = Array.from({ length: 1 + r.below(3) }, () => natRule(r, hook));
  const priority = hook === 'postrouting' ? 100 : -100;
  return { name: `nat_${hook}`, type: 'nat', hook, priority, policy: 'accept', rules };
}

/** One to four base chains, up to two regular ones that they may call, sometimes NAT. */
export function randomRuleset(r: Random): RandomRuleset {
  const names = ['sub0', 'sub1'].slice(0, r.below(3));
  const regular = names.map(
    (name, i): RandomChain => ({
      name,
      type: 'regular',
      hook: '',
      priority: 0,
      policy: 'accept',
      // A chain calls only those before it: no loops. Rejects need a hook that allows them.
      rules: Array.from({ length: 1 + r.below(3) }, () => filterRule(r, '', names.slice(0, i))),
    }),
  );
  const base = Array.from({ length: 1 + r.below(4) }, (_, i) => baseChain(r, i, names));
  return { chains: [...regular, ...base, ...(chance(r, 30) ? [natChain(r)] : [])] };
}

/** The ruleset as text; chains that calls name but that are gone are made empty. */
export function textOf(ruleset: RandomRuleset): string {
  const lines = ruleset.chains.map((c) => {
    const head =
      c.type === 'regular'
        ? ''
        : `type ${c.type} hook ${c.hook} priority ${c.priority}; policy ${c.policy};\n`;
    return `chain ${c.name} {\n${head}${c.rules.map((rule) => `  ${rule}\n`).join('')}}`;
  });
  const missing = ['sub0', 'sub1'].filter((n) => !ruleset.chains.some((c) => c.name === n));
  return `table inet t {\n${[...missing.map((n) => `chain ${n} {\n}`), ...lines].join('\n')}\n}\n`;
}
