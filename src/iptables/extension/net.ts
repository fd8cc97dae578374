// Networks behind options: XTTYPE_PLEN of xtoptions.c, and how masks are written.

import type { XtNet } from '../../program/index.ts';
import { addressText, prefixLength } from './addresses.ts';
import { wrong } from './context.ts';
import type { ValueParser, XtFamily } from './extension.ts';
import { number } from './values.ts';

export const addressBits = (family: XtFamily): number => (family === 'ip6' ? 128 : 32);

/** A length of a prefix that the family's addresses have. */
export const plen: ValueParser = ([word = ''], cx) => {
  const max = addressBits(cx.family);
  const length = number(word);
  return length === undefined || length > max
    ? wrong(`"${word}" is no length of a prefix up to ${max}`)
    : length;
};

/** xtables_ipmask_to_numeric(): nothing for a whole address, else `/24` or `/255.0.255.0`. */
export function maskText(mask: string): string {
  const length = prefixLength(mask);
  if (length === 4 * mask.length) return '';
  return `/${length ?? addressText(mask)}`;
}

export const netText = ({ address, mask }: XtNet): string =>
  `${addressText(address)}${maskText(mask)}`;
