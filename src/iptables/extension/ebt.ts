// What ebtables' extensions have in common.

import type { EbtVerdict, XtNet } from '../../program/index.ts';
import { macWithMask } from '../2-check/addresses.ts';
import { hostMask, macText, masked, type Prefix } from './addresses.ts';
import { wrong } from './context.ts';
import type { OptionSpec, ValueParser, XtFamily } from './extension.ts';

export const BRIDGE: readonly XtFamily[] = ['bridge'];

const VERDICTS: readonly string[] = ['ACCEPT', 'DROP', 'CONTINUE', 'RETURN'];

/** `--mark-target ACCEPT`: what becomes of the frame then. */
export const verdictOption = (name: string): OptionSpec => ({
  name,
  parse: ([word = '']) =>
    VERDICTS.includes(word) ? word.toLowerCase() : wrong(`"${word}" is no target here`, 'ACCEPT'),
  about: 'ACCEPT|DROP|CONTINUE|RETURN  what becomes of the frame',
});

export const verdictText = (verdict: EbtVerdict): string => verdict.toUpperCase();

/** XTTYPE_HOSTMASK of a family, the host part taken off. */
export const netOf =
  (family: 'ip' | 'ip6'): ValueParser =>
  (given, cx): XtNet => {
    const { address, mask } = hostMask(given, { ...cx, family }) as Prefix;
    return { address: masked(address, mask), mask };
  };

/** A MAC address, with a mask or by name. */
export const macNet: ValueParser = ([word = '']): XtNet => {
  const { bytes, mask } = macWithMask(word);
  return { address: bytes, mask };
};

export const macNetText = ({ address, mask }: XtNet): string =>
  mask === 'ffffffffffff' ? macText(address) : `${macText(address)}/${macText(mask)}`;

/** ether_ntoa(3): no zeros in front. */
export const shortMac = (address: string): string =>
  (address.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16).toString(16)).join(':');
