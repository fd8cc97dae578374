// The parts every rule may have, in nft's words and in the order iptables-translate has them
// (nft_ipv4_xlate, nft_ipv6_xlate, nft_arp_xlate and nft_bridge_xlate of iptables).

import { formatIPv4, formatIPv6, u32, unhex } from '../../bytes/index.ts';
import { nameOfProtocol } from '../../uapi/index.ts';
import type {
  ArpParts,
  BridgeParts,
  Masked,
  MaskedNumber,
  Negatable,
  XtRule,
} from '../ast/index.ts';

const not = (negated: boolean): string => (negated ? '!= ' : '');

/** A `+` at the end stands for anything; nft's star inside a name is an ordinary character. */
/** An asterisk at the end would be nft's `+`. */
const interfaceNft = (name: string): string =>
  name.endsWith('+') ? `${name.slice(0, -1)}*` : name.replace(/\*$/, '\\*');

function onInterface(key: string, one: Negatable<string> | undefined): string[] {
  if (one === undefined) return [];
  const { value, negated } = one;
  if (value === '+') return negated ? [`${key} "INVAL/D"`] : [];
  return [`${key} ${not(negated)}"${interfaceNft(value)}"`];
}

const addressText = (digits: string): string =>
  digits.length === 8 ? formatIPv4(u32(unhex(digits), 0)) : formatIPv6(unhex(digits));

/** Bits of a mask that is a prefix, else undefined. */
function prefixLength(mask: string): number | undefined {
  const bits = [...mask].map((d) => Number.parseInt(d, 16).toString(2).padStart(4, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

/** `10.0.0.0/8`, `10.0.0.1`, or `& 255.0.255.0 == 10.0.1.0`. */
export function maskedAddress({ value, negated }: Negatable<Masked>): string {
  const { bytes, mask } = value;
  const length = prefixLength(mask);
  if (length === undefined)
    return `& ${addressText(mask)} ${negated ? '!=' : '=='} ${addressText(bytes)}`;
  const whole = length === mask.length * 4;
  return `${not(negated)}${addressText(bytes)}${whole ? '' : `/${length}`}`;
}

const onAddress = (key: string, one: Negatable<Masked> | undefined): string[] =>
  one === undefined ? [] : [`${key} ${maskedAddress(one)}`];

/** Matches that are called otherwise than their protocol. */
const SAID_AS: Readonly<Record<string, string>> = { 'mobility-header': 'mh', 'ipv6-icmp': 'icmp6' };

/** A protocol that no match of the rule says already; IPv6 has headers before it. */
function onProtocol({ family, protocol }: XtRule, said: ReadonlySet<string>): string[] {
  if (protocol === undefined) return [];
  const { value, negated } = protocol;
  const name = nameOfProtocol(value);
  if (name !== undefined && said.has(SAID_AS[name] ?? name)) return [];
  return [`${family === 'ip' ? 'ip protocol' : 'meta l4proto'} ${not(negated)}${name ?? value}`];
}

function internet(rule: XtRule, said: ReadonlySet<string>): string[] {
  const { family, fragment } = rule;
  return [
    ...onInterface('iifname', rule.inInterface),
    ...onInterface('oifname', rule.outInterface),
    ...(fragment ? [`ip frag-off & 0x1fff ${fragment.negated ? '' : '!= '}0`] : []),
    ...onProtocol(rule, said),
    ...onAddress(`${family} saddr`, rule.source),
    ...onAddress(`${family} daddr`, rule.destination),
  ];
}

const hexText = (value: number, digits: number): string =>
  `0x${value.toString(16).padStart(digits, '0')}`;

function onNumber(
  key: string,
  one: Negatable<MaskedNumber> | undefined,
  print: (value: number) => string,
  all: number,
): string[] {
  if (one === undefined) return [];
  const { value, mask } = one.value;
  if (mask === all) return [`${key} ${not(one.negated)}${print(value)}`];
  return [`${key} & ${print(mask)} ${one.negated ? '!=' : '=='} ${print(value)}`];
}

const macText = (digits: string): string => (digits.match(/../g) ?? []).join(':');

function onMac(key: string, one: Negatable<Masked> | undefined): string[] {
  if (one === undefined) return [];
  const { bytes, mask } = one.value;
  if (/^f+$/.test(mask)) return [`${key} ${not(one.negated)}${macText(bytes)}`];
  return [`${key} and ${macText(mask)} ${one.negated ? '!=' : '=='} ${macText(bytes)}`];
}

function onArp(rule: XtRule, arp: ArpParts): string[] {
  const one = (value: number, mask: number) => ({ value: { value, mask }, negated: false });
  return [
    ...onInterface('iifname', rule.inInterface),
    ...onInterface('oifname', rule.outInterface),
    ...onNumber('arp htype', arp.hardwareType ?? one(1, 0xffff), String, 0xffff),
    ...onNumber('arp hlen', arp.hardwareLength ?? one(6, 0xff), String, 0xff),
    'arp plen 4',
    ...onNumber('arp operation', arp.opcode, String, 0xffff),
    ...onNumber('arp ptype', arp.protocolType, (v) => hexText(v, 0), 0xffff),
    ...onAddress('arp saddr ip', rule.source),
    ...onAddress('arp daddr ip', rule.destination),
    ...onMac('arp saddr ether', arp.sourceMac),
    ...onMac('arp daddr ether', arp.destinationMac),
  ];
}

/** Ethertypes by the match that says them in its own words. */
const ETHERTYPE_MATCHES: Readonly<Record<number, string>> = {
  2048: 'ip',
  34525: 'ip6',
  33024: 'vlan',
  2054: 'arp',
};

function onEtherType(parts: BridgeParts, said: ReadonlySet<string>): string[] {
  const { protocol } = parts;
  if (protocol === undefined) return [];
  const { value, negated } = protocol;
  if (value === 'length') return [`ether type ${negated ? '>=' : '<'} 0x0600`];
  if (said.has(ETHERTYPE_MATCHES[value] ?? '')) return [];
  return [`ether type ${not(negated)}${hexText(value, 0)}`];
}

function onFrame(rule: XtRule, parts: BridgeParts, said: ReadonlySet<string>): string[] {
  return [
    ...onInterface('iifname', rule.inInterface),
    ...onInterface('meta ibrname', parts.logicalIn),
    ...onInterface('oifname', rule.outInterface),
    ...onInterface('meta obrname', parts.logicalOut),
    ...onEtherType(parts, said),
    ...onMac('ether saddr', parts.source),
    ...onMac('ether daddr', parts.destination),
  ];
}

/** @param said names of the matches of the rule: what they say of the protocol is not said twice */
export function partsText(rule: XtRule, said: ReadonlySet<string>): string[] {
  if (rule.family === 'arp') return onArp(rule, rule.arp ?? {});
  if (rule.family === 'bridge') return onFrame(rule, rule.bridge ?? {}, said);
  return internet(rule, said);
}
