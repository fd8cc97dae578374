// The parts of a rule that belong to no extension.

import { nearest } from '../../diagnostics/index.ts';
import type { Masked } from '../ast/index.ts';
import {
  type MaskedNumber,
  type Negatable,
  type PlainOption,
  spanOf,
  type Use,
  type XtRule,
} from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import { ethertypeNames, ethertypeNumber } from '../extension/ethertypes.ts';
import { type Names, number, wrong, XtError, type XtFamily } from '../extension/index.ts';
import { protocolNames, protocolNumber } from '../extension/protocols.ts';
import { addressList, macWithMask } from './addresses.ts';

/** A rule on the way. */
export type RuleDraft = { -readonly [K in keyof XtRule]: XtRule[K] } & { matches: Use[] };

/** The rule so far; its addresses apart, of which it may have lists. */
export interface Parts {
  readonly rule: RuleDraft;
  readonly sources: readonly Masked[];
  readonly destinations: readonly Masked[];
  readonly sourceNegated: boolean;
  readonly destinationNegated: boolean;
}

type Draft = { -readonly [K in keyof Parts]: Parts[K] };

const IFNAMSIZ = 16;

/** Counted from 1 (arp_opcodes of xshared.c). */
export const ARP_OPCODES = [
  'Request',
  'Reply',
  'Request_Reverse',
  'Reply_Reverse',
  'DRARP_Request',
  'DRARP_Reply',
  'DRARP_Error',
  'InARP_Request',
  'ARP_NAK',
];

function interfaceName(text: string): string {
  if (text.length >= IFNAMSIZ)
    return wrong(`interface name \`${text}' must be shorter than ${IFNAMSIZ} characters`);
  return text;
}

/** xtables_parse_protocol() */
function protocolIn(text: string, negated: boolean): number {
  const value = protocolNumber(text);
  if (value === undefined)
    return wrong(`unknown protocol "${text}" specified`, nearest(text, protocolNames()));
  if (value === 0 && negated) return wrong('rule would never match protocol');
  return value;
}

/** ebtables' -p: a number in hexadecimal, a name, or `LENGTH`. */
function frameType(text: string): number | 'length' {
  if (text.toLowerCase() === 'length') return 'length';
  const value = /^(0x)?[0-9a-f]+$/i.test(text) ? Number.parseInt(text, 16) : ethertypeNumber(text);
  if (value === undefined)
    return wrong(
      `Problem with the specified Ethernet protocol '${text}'`,
      nearest(text, ethertypeNames()),
    );
  if (value > 0xffff) return wrong('Ethernet protocol does not fit in two bytes');
  return value < 0x600 ? wrong('Sorry, protocols have values above or equal to 0x0600') : value;
}

const inBase = (text: string, base: 0 | 10 | 16): number | undefined => {
  if (base === 0) return number(text);
  const digits = base === 16 ? /^\s*\+?(0x)?[0-9a-f]+$/i : /^\s*\+?[0-9]+$/;
  return digits.test(text) ? Number.parseInt(text, base) : undefined;
};

/** `value[/mask]` in arptables' base for it, or a name. */
function maskedNumber(
  text: string,
  base: 0 | 10 | 16,
  max: number,
  what: string,
  names: readonly string[] = [],
  first = 1,
): MaskedNumber {
  const [low = '', high] = text.split('/');
  const value = inBase(low, base);
  const mask = high === undefined ? max : inBase(high, base);
  if (value !== undefined && mask !== undefined && value <= max && mask <= max)
    return { value, mask };
  const at = names.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  return at < 0
    ? wrong(`Problem with specified ${what}`, nearest(text, names))
    : { value: at + first, mask: max };
}

const byteIn = (text: string): number | undefined => {
  const value = inBase(text, 10);
  return value !== undefined && value <= 0xff ? value : undefined;
};

type Take = (draft: Draft, text: string, negated: boolean, names: Names) => void;

const arp =
  (key: keyof NonNullable<XtRule['arp']>, read: (text: string) => Masked | MaskedNumber): Take =>
  (draft, text, negated) => {
    draft.rule.arp = { ...draft.rule.arp, [key]: { value: read(text), negated } };
  };

const bridge =
  (key: keyof NonNullable<XtRule['bridge']>, read: (text: string) => unknown): Take =>
  (draft, text, negated) => {
    draft.rule.bridge = { ...draft.rule.bridge, [key]: { value: read(text), negated } };
  };

/** An interface that is any is not asked for at all. */
function namedInterface(text: string, negated: boolean): Negatable<string> | undefined {
  const value = interfaceName(text);
  return value === '' || (value === '+' && !negated) ? undefined : { value, negated };
}

const onInterface =
  (key: 'inInterface' | 'outInterface'): Take =>
  (draft, text, negated) => {
    // arptables only warns (check_empty_interface() of xshared.c).
    if (text === '' && draft.rule.family !== 'arp')
      return wrong('Empty interface is likely to be undesired');
    const named = namedInterface(text, negated);
    if (named !== undefined) draft.rule[key] = named;
  };

const onBridge =
  (key: 'logicalIn' | 'logicalOut'): Take =>
  (draft, text, negated) => {
    const named = namedInterface(text, negated);
    if (named !== undefined) draft.rule.bridge = { ...draft.rule.bridge, [key]: named };
  };

const ETHERNET_LENGTH = 6;

/** getlength_and_mask(), whose failure nobody asks about: what it cannot read leaves the default. */
function hardwareLength(text: string): MaskedNumber {
  const slash = text.lastIndexOf('/');
  const mask = slash < 0 ? 0xff : byteIn(text.slice(slash + 1));
  if (mask === undefined) return { value: ETHERNET_LENGTH, mask: 0xff };
  const value = byteIn(slash < 0 ? text : text.slice(0, slash)) ?? ETHERNET_LENGTH;
  return value === ETHERNET_LENGTH
    ? { value, mask }
    : wrong('Only hardware address length of 6 is supported currently.');
}

const TAKES: Readonly<Record<string, Take>> = {
  source(draft, text, negated, names) {
    draft.sources = addressList(text, draft.rule.family === 'ip6' ? 'ip6' : 'ip', names);
    draft.sourceNegated = negated;
  },
  destination(draft, text, negated, names) {
    draft.destinations = addressList(text, draft.rule.family === 'ip6' ? 'ip6' : 'ip', names);
    draft.destinationNegated = negated;
  },
  'in-interface': onInterface('inInterface'),
  'out-interface': onInterface('outInterface'),
  'logical-in': onBridge('logicalIn'),
  'logical-out': onBridge('logicalOut'),
  protocol(draft, text, negated) {
    const value = protocolIn(text, negated);
    if (value !== 0) draft.rule.protocol = { value, negated };
  },
  fragment(draft, _text, negated) {
    draft.rule.fragment = { negated };
  },
  'source-mac': arp('sourceMac', macWithMask),
  'destination-mac': arp('destinationMac', macWithMask),
  'h-length': arp('hardwareLength', hardwareLength),
  opcode: arp('opcode', (text) => maskedNumber(text, 10, 0xffff, 'opcode', ARP_OPCODES)),
  'h-type': arp('hardwareType', (text) =>
    maskedNumber(text, 16, 0xffff, 'hardware type', ['Ethernet']),
  ),
  'proto-type': arp('protocolType', (text) =>
    maskedNumber(text, 0, 0xffff, 'protocol type', ['ipv4'], 0x0800),
  ),
};

const ON_BRIDGE: Readonly<Record<string, Take>> = {
  ...TAKES,
  protocol: bridge('protocol', frameType),
  source: bridge('source', macWithMask),
  destination: bridge('destination', macWithMask),
};

/** @throws BadLine */
export function checkParts(
  options: readonly PlainOption[],
  family: XtFamily,
  names: Names,
  source: number,
): Parts {
  const draft: Draft = {
    rule: { family, matches: [] },
    sources: [],
    destinations: [],
    sourceNegated: false,
    destinationNegated: false,
  };
  const takes = family === 'bridge' ? ON_BRIDGE : TAKES;
  for (const { id, option, values, negated } of options) {
    const [word = option] = values;
    try {
      takes[id]?.(draft, word === option ? '' : word.text, negated, names);
    } catch (error) {
      if (!(error instanceof XtError)) throw error;
      say.bad(say.badValue(spanOf(source, word), error.message, error.suggestion));
    }
  }
  return draft;
}
