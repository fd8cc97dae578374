// `nfct … timeout`: timeout policies, and the timeouts of protocols.

import {
  L4PROTO_GENERIC,
  type TimeoutPolicies,
  type TimeoutPolicy,
  timeoutStatesOf,
} from '../../../conntrack/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../../uapi/index.ts';
import { missing, NfctFault, succeed, tooMany } from './fault.ts';
import { familyNumber, type NfctCommand } from './words.ts';

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  udplite: IPPROTO_UDPLITE,
  sctp: IPPROTO_SCTP,
  dccp: IPPROTO_DCCP,
  icmp: IPPROTO_ICMP,
  icmpv6: IPPROTO_ICMPV6,
  gre: IPPROTO_GRE,
  generic: L4PROTO_GENERIC,
};

/** The states of a protocol that no kernel from 6.17 on tracks. */
const DCCP_STATES = ['REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT'];

/** A second counts this many ticks in the kernel that nfct was watched with; they are 32 bits wide. */
const HZ = 250;

/** atoi(3), and how many seconds the kernel makes of it. */
function secondsOf(word: string): number {
  const [digits = '0'] = /^\s*[-+]?\d+/.exec(word) ?? [];
  const asked = Number(BigInt.asUintN(32, BigInt(digits.trim().replace(/^\+/, ''))));
  return Math.floor(((asked * HZ) % 2 ** 32) / HZ);
}

function protocolNumber(word: string): number {
  const number = PROTOCOLS[word];
  if (number === undefined) throw new NfctFault('unknown layer 4 protocol');
  return number;
}

const statesOf = (protocol: number): readonly string[] =>
  timeoutStatesOf(protocol)?.names ?? DCCP_STATES;

/** `established 100 close 10`. */
function givenTimeouts(words: readonly string[], protocol: string): Map<string, number> {
  const states = statesOf(protocolNumber(protocol));
  const given = new Map<string, number>();
  for (let i = 0; i < words.length; i += 2) {
    const [name = '', value] = words.slice(i, i + 2);
    if (value === undefined) throw new NfctFault('missing value for this timeout');
    const state = name.toUpperCase();
    if (!states.includes(state))
      throw new NfctFault(`Wrong state name: \`${name}' for protocol \`${protocol}'`);
    given.set(state, secondsOf(value));
  }
  return given;
}

/** nfct_timeout_snprintf(). */
function policyText(l3proto: number, l4proto: number, seconds: readonly number[]): string {
  const lines = statesOf(l4proto).map((state, i) => `\t\t.${state} = ${seconds[i] ?? 0},\n`);
  return `\t.l3proto = ${l3proto},\n\t.l4proto = ${l4proto},\n\t.policy = {\n${lines.join('')}\t},\n};\n`;
}

function namedText({ name, l3proto, l4proto, seconds }: TimeoutPolicy): string {
  const { first } = timeoutStatesOf(l4proto)!;
  return `.${name} = {\n${policyText(l3proto, l4proto, seconds.slice(first))}`;
}

/** The library cuts names off to what the kernel takes. */
const NAME_LENGTH = 31;

type Work = (policies: TimeoutPolicies, words: readonly string[]) => string;

const one = (words: readonly string[]): string => {
  const [name] = words;
  if (name === undefined) throw new NfctFault('missing timeout policy name');
  if (words.length > 1) throw tooMany();
  return name.slice(0, NAME_LENGTH);
};

const WORK: Readonly<Partial<Record<NfctCommand, Work>>> = {
  list: (policies, words) => {
    if (words.length > 0) throw tooMany();
    return policies.list().map(namedText).join('');
  },
  add: (policies, [name, family, protocol, ...states]) => {
    if (name === undefined || family === undefined || protocol === undefined)
      throw missing('add timeout name family protocol state1 timeout1 ...');
    const l3proto = familyNumber(family);
    const given = givenTimeouts(states, protocol);
    const cut = name.slice(0, NAME_LENGTH);
    succeed(policies.add(cut, l3proto, protocolNumber(protocol), given));
    return '';
  },
  delete: (policies, words) => {
    succeed(policies.delete(one(words)));
    return '';
  },
  get: (policies, words) => {
    const policy = policies.find(one(words));
    if (policy === undefined) succeed('ENOENT');
    return policy === undefined ? '' : namedText(policy);
  },
  flush: (policies, words) => {
    if (words.length > 0) throw tooMany();
    policies.flush();
    return '';
  },
  'default-set': (policies, [family, protocol, ...states]) => {
    if (family === undefined || protocol === undefined || states.length === 0)
      throw missing('default-set timeout family protocol state1 timeout1...');
    familyNumber(family);
    const given = givenTimeouts(states, protocol);
    succeed(policies.setDefaults(protocolNumber(protocol), given));
    return '';
  },
  'default-get': (policies, [family, protocol]) => {
    if (family === undefined || protocol === undefined)
      throw missing('default-get timeout family protocol');
    const l3proto = familyNumber(family);
    const l4proto = protocolNumber(protocol);
    const seconds = policies.defaults(l4proto);
    if (seconds === undefined) succeed('EOPNOTSUPP');
    return policyText(l3proto, l4proto, seconds ?? []);
  },
};

const NO_COMMAND =
  'nfct <list|add|delete|get|default-set|default-get|flush> timeout [<parameters>, ...]\n';

/** What a command prints. @throws NfctFault */
export function runTimeout(
  command: NfctCommand,
  policies: TimeoutPolicies,
  words: readonly string[],
): string {
  const work = WORK[command];
  if (work === undefined) throw new NfctFault('Missing command', NO_COMMAND);
  return work(policies, words);
}
