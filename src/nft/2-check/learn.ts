// What a match on a selector says of the packet, for the matches after it.

import { CT_KEYS, type Key, protocol, upperByNumber } from '../types/index.ts';
import {
  activeContext,
  hookProtocol,
  type ProtocolContext,
  type RuleContext,
  setProtocol,
} from './context.ts';
import type { PayloadX, Typed } from './typed.ts';

const ARPHRD_ETHER = 1;

function metaLeads(context: ProtocolContext, name: string, number: number): void {
  const unknown = protocol('unknown');
  const hook = hookProtocol(context.family);
  const { family } = context;
  switch (name) {
    case 'iiftype': {
      const isLink = hook.base === 'll' && family !== 'inet' && family !== 'netdev';
      const desc = number === ARPHRD_ETHER ? protocol('ether') : unknown;
      if (!isLink) setProtocol(context, 'll', desc);
      return;
    }
    case 'nfproto':
      if ((number === 2 && hook.name === 'ip') || (number === 10 && hook.name === 'ip6')) return;
      setProtocol(context, 'nh', upperByNumber(hook, number) ?? unknown);
      return;
    case 'l4proto':
      setProtocol(context, 'th', upperByNumber(protocol('inet-service'), number) ?? unknown);
      return;
    case 'protocol':
      if (family !== 'netdev' && family !== 'bridge') return;
      setProtocol(context, 'nh', upperByNumber(protocol('netdev'), number) ?? unknown);
      return;
  }
}

const ECHO = 8;
const ECHO6 = 128;
const ECHO6_REPLY = 129;

function payloadLeads(context: ProtocolContext, x: PayloadX, number: number): void {
  const base = context.layers[x.base].desc;
  if (base === undefined) return;
  const desc = upperByNumber(base, number);
  if (desc === undefined) {
    // Type 0 is echo reply, and would read as "none yet".
    if (base.name === 'icmp') context.icmpType = number === 0 ? ECHO : number;
    if (base.name === 'icmpv6') context.icmpType = number === ECHO6_REPLY ? ECHO6 : number;
    return;
  }
  if (desc.base === base.base && !x.raw && base.base === 'll' && context.stackedLl.length < 4) {
    context.stackedLl = [...context.stackedLl, base];
  }
  setProtocol(context, desc.base, desc);
}

const L3PROTO = CT_KEYS.get('l3proto');

function ctLeads(context: ProtocolContext, key: Key, number: number): void {
  const from = key === L3PROTO ? 'll' : 'nh';
  const base = context.layers[from].desc;
  const desc = base && upperByNumber(base, number);
  if (desc !== undefined) setProtocol(context, from === 'll' ? 'nh' : 'th', desc);
}

/** Remembers the protocol that a match on this selector for this number establishes. */
export function learn(cx: RuleContext, x: Typed, number: bigint): void {
  if (x.protocolKey !== true) return;
  const context = activeContext(cx);
  if (x.kind === 'payload') payloadLeads(context, x, Number(number));
  if (x.kind === 'meta') metaLeads(context, x.key.name, Number(number));
  if (x.kind === 'ct') ctLeads(context, x.key, Number(number));
}
