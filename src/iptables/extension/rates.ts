// Rates as `limit` and `hashlimit` write them: packets per second, minute, hour or day.

import { wrong } from './context.ts';

const UNITS = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** How `iptables-save` and nft call them. */
const SAVED = ['day', 'hour', 'min', 'sec'] as const;
const NFT = ['day', 'hour', 'minute', 'second'] as const;

export interface Rate {
  /** What a packet costs, in 1/scale of a second. */
  readonly cost: number;
  /** Seconds of the unit it was written in. */
  readonly seconds: number;
}

/** `10/s`, `3/minute`, `5`: a unit may be abbreviated. @throws XtError */
export function rateIn(text: string, scale: number): Rate {
  const slash = text.indexOf('/');
  const unit = text.slice(slash + 1).toLowerCase();
  const found = UNITS.toReversed().find(([name]) => name.startsWith(unit));
  // atoi(): digits from the beginning.
  const packets = Number(/^\d+/.exec(text)?.[0] ?? 0);
  if (packets === 0 || (slash >= 0 && (unit === '' || found === undefined)))
    return wrong(`bad rate "${text}"`);
  const seconds = slash < 0 ? 1 : found![1];
  const cost = Math.floor((scale * seconds) / packets);
  return cost === 0 ? wrong(`rate "${text}" is too fast`) : { cost, seconds };
}

/** The longest unit in which the rate is a whole number, as far as print_rate() looks. */
function unitOf(cost: number, scale: number): number {
  for (let i = 1; i < UNITS.length; i++) {
    const mult = scale * UNITS[i]![1];
    if (cost > mult || Math.floor(mult / cost) < mult % cost) return i - 1;
  }
  return UNITS.length - 1;
}

const amount = (cost: number, scale: number, unit: number): number =>
  Math.floor((scale * UNITS[unit]![1]) / cost);

export function rateText(cost: number, scale: number): string {
  if (cost === 0) return 'inf';
  const unit = unitOf(cost, scale);
  return `${amount(cost, scale, unit)}/${SAVED[unit]}`;
}

export function rateNft(cost: number, scale: number): string {
  const unit = unitOf(cost, scale);
  return `${amount(cost, scale, unit)}/${NFT[unit]}`;
}

/** Packets, and seconds of the unit: what nft's `limit` is made of. */
export function rateOf(cost: number, scale: number): { rate: number; unit: number } {
  const unit = unitOf(cost, scale);
  return { rate: amount(cost, scale, unit), unit: UNITS[unit]![1] };
}

export const unitSeconds = (cost: number, scale: number): number => UNITS[unitOf(cost, scale)]![1];
