// Extensions by name, and their options by name: found once for ten thousand rules.

import type { Extension, OptionSpec, XtFamily } from '../extension/index.ts';
import { MATCHES } from '../match/index.ts';
import { TARGETS } from '../target/index.ts';

const FAMILIES: readonly XtFamily[] = ['ip', 'ip6', 'arp', 'bridge'];

type Index = Readonly<Record<XtFamily, ReadonlyMap<string, Extension>>>;

function indexOf(list: readonly Extension[]): Index {
  const maps = FAMILIES.map((family): [XtFamily, Map<string, Extension>] => {
    const map = new Map<string, Extension>();
    for (const one of list)
      if (one.families.includes(family))
        for (const name of [one.name, ...(one.aliases ?? [])]) map.set(name, one);
    return [family, map];
  });
  return Object.fromEntries(maps) as Record<XtFamily, Map<string, Extension>>;
}

const BY_NAME = { match: indexOf(MATCHES), target: indexOf(TARGETS) };

export const extensionNamed = (
  kind: 'match' | 'target',
  family: XtFamily,
  name: string,
): Extension | undefined => BY_NAME[kind][family].get(name);

const VERDICTS: ReadonlySet<string> = new Set(['ACCEPT', 'DROP', 'QUEUE', 'RETURN']);

/** Not to be the name of a chain. */
export const isTargetName = (family: XtFamily, name: string): boolean =>
  VERDICTS.has(name) || extensionNamed('target', family, name) !== undefined;

/** The one the kernel calls so. */
export function extensionOfKernel(
  kind: 'match' | 'target',
  family: XtFamily,
  name: string,
): Extension | undefined {
  const direct = BY_NAME[kind][family].get(name);
  if (direct !== undefined && (direct.kernelName ?? direct.name) === name) return direct;
  return extensionsOf(kind, family).find((one) => (one.kernelName ?? one.name) === name);
}

const ALL = new Map<string, readonly Extension[]>();

export function extensionsOf(kind: 'match' | 'target', family: XtFamily): readonly Extension[] {
  const key = `${kind} ${family}`;
  let all = ALL.get(key);
  if (all === undefined) {
    all = [...new Set(BY_NAME[kind][family].values())];
    ALL.set(key, all);
  }
  return all;
}

export const namesOf = (kind: 'match' | 'target', family: XtFamily): Iterable<string> =>
  BY_NAME[kind][family].keys();

const LONG = new WeakMap<Extension, ReadonlyMap<string, OptionSpec>>();

/** The options of an extension by all their spellings. */
export function optionsOf(extension: Extension): ReadonlyMap<string, OptionSpec> {
  const known = LONG.get(extension);
  if (known !== undefined) return known;
  const map = new Map<string, OptionSpec>();
  for (const spec of extension.options)
    for (const name of [spec.name, ...(spec.aliases ?? [])]) map.set(name, spec);
  LONG.set(extension, map);
  return map;
}

/** ebtables: what an option belongs to without being named; matches, and targets that only watch. */
const IMPLIED: readonly Extension[] = [
  ...extensionsOf('match', 'bridge'),
  ...extensionsOf('target', 'bridge').filter((one) => one.watcher === true),
];

const IMPLIED_BY_OPTION = new Map(
  IMPLIED.toReversed().flatMap((one) =>
    [...optionsOf(one).keys()].map((name) => [name, one] as const),
  ),
);

export const impliedByOption = (name: string): Extension | undefined => IMPLIED_BY_OPTION.get(name);

/** ebtables knows all its options from the beginning, so an abbreviation may mean any of them. */
export const impliedOptionNames = (): Iterable<string> => IMPLIED_BY_OPTION.keys();
