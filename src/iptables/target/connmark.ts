// CONNMARK: the mark of the connection, and from and to that of the packet (libxt_CONNMARK.c).

import type { ConnmarkTargetInfo } from '../../program/index.ts';
import {
  extension,
  type Given,
  hexText,
  IP_FAMILIES,
  type MarkMask,
  markChangeListed,
  markMask,
  markText,
  type OptionSpec,
  type TranslateContext,
  uint,
  without,
  words,
  wrong,
} from '../extension/index.ts';
import { changeOf, changes } from './mark-change.ts';

const ALL = 0xffffffff;
const MODES = ['save-mark', 'restore-mark'];

const CHANGES = new Set(changes(ALL, markMask).map(({ name }) => name));

const MASKS: readonly OptionSpec[] = [
  { name: 'ctmask', parse: uint(ALL), excludes: ['mask'], about: 'bits of the connection' },
  { name: 'nfmask', parse: uint(ALL), excludes: ['mask'], about: 'bits of the packet' },
  { name: 'mask', parse: uint(ALL), excludes: ['ctmask', 'nfmask'], about: 'bits of both' },
];

const SHIFTS: readonly OptionSpec[] = ['left-shift-mark', 'right-shift-mark'].map((name) => ({
  name,
  parse: uint(32),
  about: 'bits  shift of the new value',
}));

function build(given: Given): ConnmarkTargetInfo {
  const change = changeOf(given);
  const mode = change !== undefined ? 'set' : given.has('save-mark') ? 'save' : 'restore';
  if (change === undefined && !MODES.some((name) => given.has(name)))
    return wrong('CONNMARK needs an operation, e.g. --set-mark');
  const shift = given.options.findLast((o) => o.name.endsWith('shift-mark'));
  return {
    mode,
    ...masks(given, change),
    shiftDir: shift?.name === 'right-shift-mark' ? 'right' : 'left',
    shiftBits: (shift?.value as number | undefined) ?? 0,
  };
}

/** A mask behind the change is put in the place of its own; before it, it is lost. */
function maskBehind(given: Given): number | undefined {
  const changed = given.options.findIndex(({ name }) => CHANGES.has(name));
  const mask = given.options.findLastIndex(({ name }) => name === 'mask' || name === 'ctmask');
  return mask > changed ? (given.options[mask]!.value as number) : undefined;
}

function masks(given: Given, change: MarkMask | undefined) {
  if (change !== undefined)
    return { ctmark: change.mark, ctmask: maskBehind(given) ?? change.mask, nfmask: ALL };
  const both = given.value<number>('mask') ?? ALL;
  const [ctmask, nfmask] = ['ctmask', 'nfmask'].map((name) => given.value<number>(name) ?? both);
  return { ctmark: 0, ctmask: ctmask!, nfmask: nfmask! };
}

function save(info: ConnmarkTargetInfo): string {
  const { mode, ctmark, ctmask, nfmask, shiftDir, shiftBits } = info;
  const what =
    mode === 'set'
      ? `--set-xmark ${markText({ mark: ctmark, mask: ctmask })}`
      : `--${mode}-mark --nfmask ${hexText(nfmask)} --ctmask ${hexText(ctmask)}`;
  return words(what, shiftBits > 0 && `--${shiftDir}-shift-mark ${shiftBits}`);
}

/** The mask of what is kept is shown inverted. */
function copyListed({ mode, ctmask, nfmask }: ConnmarkTargetInfo): string {
  if (ctmask === ALL && nfmask === ALL) return mode;
  if (ctmask === nfmask) return `${mode} mask ${hexText(ctmask)}`;
  return mode === 'save'
    ? `save nfmask ${hexText(nfmask)} ctmask ~${hexText(ctmask)}`
    : `restore ctmask ${hexText(ctmask)} nfmask ~${hexText(nfmask)}`;
}

const list = (info: ConnmarkTargetInfo): string =>
  words(
    'CONNMARK',
    info.mode === 'set' ? markChangeListed(info.ctmark, info.ctmask) : copyListed(info),
    info.shiftBits > 0 && `${info.shiftDir}-shift-mark ${info.shiftBits}`,
  );

function setText(exact: boolean, { ctmark, ctmask }: ConnmarkTargetInfo): string {
  // iptables-translate leaves a space behind a plain value, which shows where a shift follows.
  if (ctmask === ALL) return `${hexText(ctmark)} `;
  if (ctmark === 0) return `ct mark and ${hexText(without(ALL, ctmask))}`;
  if (ctmark === ctmask) return `ct mark or ${hexText(ctmark)}`;
  if (ctmask === 0) return `ct mark xor ${hexText(ctmark)}`;
  const kept = hexText(without(ALL, ctmask));
  // The order of iptables-translate makes another value.
  return exact
    ? `ct mark and ${kept} xor ${hexText(ctmark)}`
    : `ct mark xor ${hexText(ctmark)} and ${kept}`;
}

/** Save and restore with two masks that differ have no words in nft. */
function copyText({ nfmask, ctmask }: ConnmarkTargetInfo, from: string): string | undefined {
  if (nfmask === ALL && ctmask === ALL) return from;
  return nfmask === ctmask ? `${from} and ${hexText(nfmask)}` : undefined;
}

function translate(
  info: ConnmarkTargetInfo,
  { exact, leave }: TranslateContext,
): string | undefined {
  const { mode, shiftDir, shiftBits } = info;
  const to = mode === 'restore' ? 'meta mark' : 'ct mark';
  const value =
    mode === 'set' ? setText(exact, info) : copyText(info, mode === 'save' ? 'mark' : 'ct mark');
  if (value === undefined) return leave('nft copies a mark under one mask');
  if (shiftBits === 0) return `${to} set ${value.trimEnd()}`;
  return `${to} set ( ${value} ) ${shiftDir === 'left' ? '<<' : '>>'} ${shiftBits}`;
}

const OPERATIONS = [...changes(ALL, markMask, MODES), ...MODES.map(copy)];

function copy(name: string): OptionSpec {
  const others = changes(ALL, markMask).map((o) => o.name);
  return {
    name,
    excludes: [...others, ...MODES.filter((mode) => mode !== name)],
    about: name === 'save-mark' ? 'packet to connection' : 'connection to packet',
  };
}

export const connmark = extension<ConnmarkTargetInfo>({
  kind: 'target',
  name: 'CONNMARK',
  families: IP_FAMILIES,
  rev: 2,
  options: [...OPERATIONS, ...MASKS, ...SHIFTS],
  build,
  save,
  list,
  translate,
});
