// TOS: type of service and traffic class (libxt_TOS.c).

import type { TosTargetInfo } from '../../program/index.ts';
import {
  extension,
  type Given,
  hexText,
  IP_FAMILIES,
  type OptionSpec,
  type TosValue,
  tosName,
  tosValue,
  uint,
  wrong,
} from '../extension/index.ts';

const ALL = 0xff;

const MEANING: Readonly<Record<string, (value: never) => TosValue>> = {
  'set-tos': (value: TosValue) => value,
  'and-tos': (bits: number) => ({ value: 0, mask: ~bits & ALL }),
  'or-tos': (bits: number) => ({ value: bits, mask: bits }),
  'xor-tos': (bits: number) => ({ value: bits, mask: 0 }),
};
const NAMES = Object.keys(MEANING);

const option = (name: string): OptionSpec => ({
  name,
  parse: name === 'set-tos' ? ([word = '']) => tosValue(word, ALL) : uint(ALL),
  excludes: NAMES.filter((other) => other !== name),
  about:
    name === 'set-tos' ? 'value[/mask]|name' : `bits  ${name.slice(0, 3)} the field with these`,
});

function build(given: Given): TosTargetInfo {
  const name = NAMES.find((one) => given.has(one));
  if (name === undefined) return wrong('TOS needs an operation, e.g. --set-tos');
  const { value, mask } = MEANING[name]!(given.value(name) as never);
  return { tosValue: value, tosMask: mask };
}

const ECN = 3;

/**
 * Nothing of the two bits of ECN is lost, nor of others that the mask leaves. The eight bits are the second byte of
 * IPv4; of IPv6 they are half bytes of two, and nft calculates with whole bytes only.
 */
function exactly({ tosValue: value, tosMask: mask }: TosTargetInfo, family: 'ip' | 'ip6'): string {
  const kept = ~mask & ALL;
  if (family === 'ip6' && mask === ALL)
    return `ip6 dscp set ${hexText(value >>> 2, 2)} ip6 ecn set ${value & ECN}`;
  if (family === 'ip6') {
    const of = (bits: number): string => hexText(bits, 4);
    return `@nh,0,16 set @nh,0,16 and ${of(0xf00f | (kept << 4))} xor ${of(value << 4)}`;
  }
  if (mask === ALL) return `@nh,8,8 set ${hexText(value, 2)}`;
  return `@nh,8,8 set @nh,8,8 and ${hexText(kept, 2)} xor ${hexText(value, 2)}`;
}

/** nft knows the upper six bits only, as a code point. */
function translate({ tosValue: value, tosMask: mask }: TosTargetInfo, field: string): string {
  const bits = (n: number): string => hexText(n >>> 2, 2);
  const kept = ~mask & ALL;
  if ((mask & 0x3f) === 0x3f) return `${field} set ${bits(value)}`;
  if (value === 0) return `${field} set ${field} and ${bits(kept)}`;
  if (value === mask) return `${field} set ${field} or ${bits(value)}`;
  if (mask === 0) return `${field} set ${field} xor ${bits(value)}`;
  return `${field} set ${field} and ${bits(kept)} xor ${bits(value)}`;
}

export const tos = extension<TosTargetInfo>({
  kind: 'target',
  name: 'TOS',
  families: IP_FAMILIES,
  rev: 1,
  options: NAMES.map(option),
  build,
  save: (info) => `--set-tos ${hexText(info.tosValue, 2)}/${hexText(info.tosMask, 2)}`,
  list({ tosValue: value, tosMask: mask }, { numeric }) {
    const set = `TOS set ${hexText(value, 2)}/${hexText(mask, 2)}`;
    if (numeric) return set;
    const name = tosName({ value, mask });
    // A name stands behind another blank, and right behind the word.
    if (name !== undefined) return ` TOS set${name}`;
    if (value === mask) return `TOS or ${hexText(value, 2)}`;
    if (mask === 0) return `TOS xor ${hexText(value, 2)}`;
    return value === 0 ? `TOS and ${hexText(~mask & 0xff, 2)}` : set;
  },
  translate: (info, { family, exact }) =>
    exact && (family === 'ip' || family === 'ip6')
      ? exactly(info, family)
      : translate(info, `${family} dscp`),
});
