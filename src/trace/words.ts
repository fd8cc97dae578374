// Names for things of a trace.
import type { RuleRef, SourcePlace } from '../core/index.ts';

/** `gateway.nft:12`, or the chain where nothing is known of a file. */
export function placeOf(of: {
  readonly source?: SourcePlace;
  readonly table: string;
  readonly chain: string;
  readonly index?: number;
}): string {
  if (of.source !== undefined) return `${of.source.file}:${of.source.line}`;
  return of.index === undefined ? `${of.table} ${of.chain}` : `${of.table} ${of.chain}#${of.index}`;
}

/** The rule as it was written, else its comment, else its number. */
export const ruleText = (rule: RuleRef): string =>
  rule.source?.text ?? (rule.comment === undefined ? `rule ${rule.index}` : `"${rule.comment}"`);

/** A priority with a true minus; the ends of the scale by name. */
export function priorityText(priority: number): string {
  if (priority >= 0x7fffffff) return 'last';
  if (priority <= -0x80000000) return 'first';
  return priority < 0 ? `−${-priority}` : String(priority);
}

/** An interval in the largest units that say it: `1.5 ms`, `5 d`. */
export function durationText(ns: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400e9, 'd'],
    [3600e9, 'h'],
    [60e9, 'min'],
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
    [1, 'ns'],
  ];
  const [size, unit] = units.find(([n]) => ns >= n) ?? [1e9, 's'];
  return `${Number((ns / size).toPrecision(6))} ${unit}`;
}
