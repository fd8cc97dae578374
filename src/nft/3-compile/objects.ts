// Named objects: counters, quotas and the like.

import { hex, parseIPv4, parseIPv6 } from '../../bytes/index.ts';
import type { Family, ObjectData } from '../../program/index.ts';
import { refuse, synproxyFlags } from '../2-check/index.ts';
import type { Expression, Integer, ObjectDeclaration, TunnelObject } from '../ast/index.ts';
import { statefulExpr } from './statements.ts';

const L4PROTO = { tcp: 6, udp: 17 } as const;

type L3 = { readonly l3proto?: 'ip' | 'ip6' | 'inet' };

/** Without one, the kernel takes the family of the table. */
function l3protoOf(x: { readonly l3proto?: string | undefined; readonly family: Family }): L3 {
  const l3proto = x.l3proto ?? x.family;
  return l3proto === 'ip' || l3proto === 'ip6' || l3proto === 'inet' ? { l3proto } : {};
}

/** The states a timeout policy may name (nf_conntrack_proto_tcp.c, nf_conntrack_proto_udp.c). */
const TIMEOUT_STATES = {
  tcp: [
    'syn_sent',
    'syn_recv',
    'established',
    'fin_wait',
    'close_wait',
    'last_ack',
    'time_wait',
    'close',
    'syn_sent2',
    'retrans',
    'unack',
  ],
  udp: ['unreplied', 'replied'],
} as const;

function policyOf(x: Extract<ObjectDeclaration, { kind: 'ct timeout' }>): Record<string, number> {
  const known: readonly string[] = TIMEOUT_STATES[x.protocol];
  const policy: Record<string, number> = {};
  for (const { state, seconds } of x.policy) {
    if (!known.includes(state.name)) {
      refuse('bad_timeout_state', state.span, 'invalid state for this protocol', {
        hint: `${x.protocol} has ${known.join(', ')}`,
      });
    }
    policy[state.name] = seconds;
  }
  return policy;
}

/** The address as hex: four bytes or sixteen tell its family. */
function addressHex(value: Expression): string {
  const name = value.kind === 'symbol' ? value.name : '';
  const v4 = parseIPv4(name);
  if (v4 !== undefined) return v4.toString(16).padStart(8, '0');
  const v6 = parseIPv6(name);
  return v6 === undefined
    ? refuse('bad_address', value.span, 'the ends of a tunnel are addresses')
    : hex(v6);
}

function tunnelAttributes(x: TunnelObject): Readonly<Record<string, unknown>> {
  const { id, src, dst, sport, dport, ttl, tos, encapsulation } = x;
  const given = { sport, dport, ttl, tos, encapsulation };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    id,
    ...(src !== undefined && { src: addressHex(src) }),
    ...(dst !== undefined && { dst: addressHex(dst) }),
    ...Object.fromEntries(known),
  };
}

const number = (quantity: Integer): number => Number(quantity);

export function objectData(x: ObjectDeclaration): ObjectData {
  switch (x.kind) {
    case 'counter':
      return { kind: 'counter', packets: number(x.packets), bytes: number(x.bytes) };
    case 'quota':
      return {
        kind: 'quota',
        bytes: number(x.bytes),
        consumed: number(x.used),
        invert: x.over,
      };
    case 'limit': {
      const { name: _name, family: _family, table: _table, ...spec } = x;
      return statefulExpr(spec) as Extract<ObjectData, { kind: 'limit' }>;
    }
    case 'ct helper':
      return {
        kind: 'ct helper',
        helper: x.type,
        l4proto: L4PROTO[x.protocol],
        ...l3protoOf(x),
      };
    case 'ct timeout':
      return {
        kind: 'ct timeout',
        l4proto: L4PROTO[x.protocol],
        ...l3protoOf(x),
        policy: policyOf(x),
      };
    case 'ct expectation':
      return {
        kind: 'ct expectation',
        l4proto: L4PROTO[x.protocol],
        ...l3protoOf(x),
        dport: x.dport,
        timeout: x.timeout,
        size: x.size,
      };
    case 'secmark':
      return { kind: 'secmark', context: x.context };
    case 'synproxy':
      return {
        kind: 'synproxy',
        mss: x.mss ?? 0,
        wscale: x.wscale ?? 0,
        flags: synproxyFlags(x),
      };
    case 'tunnel':
      return { kind: 'tunnel', attributes: tunnelAttributes(x) };
  }
}
