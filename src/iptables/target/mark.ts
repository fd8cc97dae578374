// MARK: the mark of the packet (libxt_MARK.c).

import type { MarkTargetInfo } from '../../program/index.ts';
import {
  extension,
  hexText,
  IP_FAMILIES,
  markChangeListed,
  markMask,
  markText,
  type OptionSpec,
  type ValueParser,
  without,
  wrong,
} from '../extension/index.ts';
import { changeOf, changes } from './mark-change.ts';

const ALL = 0xffffffff;

function nftMark({ mark, mask }: MarkTargetInfo): string {
  if (mask === ALL) return hexText(mark);
  if (mark === 0) return `mark and ${hexText(without(ALL, mask))}`;
  if (mark === mask) return `mark or ${hexText(mark)}`;
  if (mask === 0) return `mark xor ${hexText(mark)}`;
  return `mark and ${hexText(without(ALL, mask))} xor ${hexText(mark)}`;
}

const translate = (info: MarkTargetInfo): string => `meta mark set ${nftMark(info)}`;

export const mark = extension<MarkTargetInfo>({
  kind: 'target',
  name: 'MARK',
  families: IP_FAMILIES,
  rev: 2,
  options: changes(ALL, markMask),
  build: (given) => changeOf(given) ?? wrong('MARK needs an operation, e.g. --set-mark'),
  save: (info) => `--set-xmark ${markText(info)}`,
  list: ({ mark: value, mask }) => `MARK ${markChangeListed(value, mask)}`,
  translate,
});

/** arptables reads numbers as hexadecimal, with or without 0x. */
const hexNumber: ValueParser = ([word = '']) => {
  const value = /^(0x)?[0-9a-f]+$/i.test(word) ? Number.parseInt(word, 16) : Number.NaN;
  return value <= ALL ? value : wrong(`bad mark "${word}"`);
};
const ARP_NAMES = ['set-mark', 'and-mark', 'or-mark'];

const arpOption = (spec: OptionSpec): OptionSpec => ({
  ...spec,
  parse:
    spec.name === 'set-mark'
      ? (given, cx) => ({ mark: hexNumber(given, cx), mask: ALL })
      : hexNumber,
  excludes: ARP_NAMES.filter((name) => name !== spec.name),
});

function arpSave({ mark: value, mask }: MarkTargetInfo): string {
  if (value === 0) return `--and-mark ${without(ALL, mask).toString(16)}`;
  return `--${value === mask ? 'or' : 'set'}-mark ${value.toString(16)}`;
}

export const arpMark = extension<MarkTargetInfo>({
  kind: 'target',
  name: 'MARK',
  families: ['arp'],
  rev: 2,
  options: changes(ALL, hexNumber)
    .filter((spec) => ARP_NAMES.includes(spec.name))
    .map(arpOption),
  // Without an option the mark stays as it is.
  build: (given) => changeOf(given) ?? { mark: 0, mask: 0 },
  save: arpSave,
  translate,
});
