// Listings: what `ipset list` and `ipset save` print.

import type { IpSetListing } from '../../program/index.ts';
import type { OutputMode } from './command.ts';
import type { IpsetNames } from './names.ts';
import {
  type AddressPrinter,
  elementText,
  entryOptions,
  headerOptions,
  namedAddresses,
  optionsText,
  type Printed,
} from './print.ts';
import { compareEntries } from './sort.ts';
import { infoOf } from './types.ts';

export interface ListingOptions {
  readonly output: OutputMode;
  readonly sorted?: boolean;
  /** Names of sets alone. */
  readonly names?: boolean;
  /** No elements. */
  readonly terse?: boolean;
  /** Names of hosts for addresses. */
  readonly resolve?: IpsetNames;
}

/** The lines of the elements. Only hash types are sorted: the others have an order. */
function members(
  set: IpSetListing,
  options: ListingOptions,
  line: (element: string, options: readonly Printed[]) => string,
): string[] {
  const info = infoOf(set.type);
  const print: AddressPrinter | undefined =
    options.resolve === undefined ? undefined : namedAddresses(options.resolve);
  const entries = set.entries.map((entry) => ({
    element: elementText(info, entry, print),
    options: entryOptions(info, entry),
  }));
  const rows = entries.map((entry) => ({
    key: entry.element + optionsText(entry.options),
    line: line(entry.element, entry.options),
  }));
  if (options.sorted === true && set.type.startsWith('hash:'))
    rows.sort((a, b) => compareEntries(`${a.key}\n`, `${b.key}\n`));
  return rows.map((row) => row.line);
}

/** Lines for restore; they are never without the elements. */
function saved(set: IpSetListing, options: ListingOptions): string {
  const { name, type } = set;
  const create = `create ${name} ${type}${optionsText(headerOptions(set))}\n`;
  const lines = members(
    set,
    options,
    (element, more) => `add ${name} ${element}${optionsText(more)}\n`,
  );
  return create + lines.join('');
}

function plain(set: IpSetListing, options: ListingOptions): string {
  const { name, type, revision, memsize, references, elements } = set;
  const header = [
    `Name: ${name}`,
    `Type: ${type}`,
    `Revision: ${revision}`,
    `Header:${optionsText(headerOptions(set))}`,
    `Size in memory: ${memsize}`,
    `References: ${references}`,
    `Number of entries: ${elements}`,
  ];
  if (options.terse === true) return `${header.join('\n')}\n`;
  const lines = members(set, options, (element, more) => element + optionsText(more));
  return `${[...header, 'Members:', ...lines].join('\n')}\n`;
}

const tag = ({ name, value }: Printed): string =>
  value === undefined ? `<${name}/>` : `<${name}>${value}</${name}>`;

function xml(set: IpSetListing, options: ListingOptions): string {
  const { name, type, revision, memsize, references, elements } = set;
  const lines = [
    `<ipset name="${name}">`,
    `<type>${type}</type>`,
    `<revision>${revision}</revision>`,
    `<header>${headerOptions(set).map(tag).join('')}`,
    `<memsize>${memsize}</memsize>`,
    `<references>${references}</references>`,
    `<numentries>${elements}</numentries>`,
    '</header>',
  ];
  if (options.terse !== true) {
    const element = (text: string, more: readonly Printed[]): string =>
      `<member><elem>${text}</elem>${more.map(tag).join('')}</member>`;
    lines.push('<members>', ...members(set, options, element), '</members>');
  }
  return `${[...lines, '</ipset>'].join('\n')}\n`;
}

/** All the text of a listing. */
export function listSets(sets: readonly IpSetListing[], options: ListingOptions): string {
  const { output, names } = options;
  if (output === 'save') return sets.map((set) => saved(set, options)).join('');
  const one = (set: IpSetListing): string => {
    if (names !== true) return output === 'xml' ? xml(set, options) : plain(set, options);
    return output === 'xml' ? `<ipset name="${set.name}"/>\n` : `${set.name}\n`;
  };
  const texts = sets.map(one);
  if (output === 'xml') return `<ipsets>\n${texts.join('')}</ipsets>\n`;
  return texts.join(names === true ? '' : '\n');
}
