// Names for things of a trace.
import type { RuleRef, SourcePlace } from '../core/index.ts';

/** A rule or a policy. */
export interface Placed {
  readonly source?: SourcePlace;
  readonly table: string;
  readonly chain: string;
  readonly index?: number;
}

export type PlaceText = (of: Placed) => string;

/** `rules/gateway.nft:12`, or the chain where nothing is known of a file. */
export function placeOf(of: Placed, fileText = (file: string): string => file): string {
  if (of.source !== undefined) return `${fileText(of.source.file)}:${of.source.line}`;
  return of.index === undefined ? `${of.table} ${of.chain}` : `${of.table} ${of.chain}#${of.index}`;
}

const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

/** Writes places without their folders, where no two of the files have the same name. */
export function shortPlaces(files: Iterable<string>): PlaceText {
  const all = new Set(files);
  const isUnique = new Set([...all].map(baseName)).size === all.size;
  return (of) => placeOf(of, isUnique ? baseName : undefined);
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
