// tcp: ports, flags and options (libxt_tcp.c); natively as add_nft_tcp() of nft-shared.c has it.

import type { TcpInfo, XtRange } from '../../program/index.ts';
import {
  type Bits,
  bang,
  bitWords,
  extension,
  flagText,
  type Given,
  IP_FAMILIES,
  isFull,
  listed,
  type NativeForm,
  OWN_PORT_OPTIONS,
  portsListed,
  rangeFlag,
  rangeNft,
  U8_MAX,
  U16_MAX,
  uint,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';
import { lowerPorts, raisePorts } from './ports-native.ts';

const FLAGS: Bits = [
  ['FIN', 1],
  ['SYN', 2],
  ['RST', 4],
  ['PSH', 8],
  ['ACK', 16],
  ['URG', 32],
];
const ALL_FLAGS = 0x3f;
/** `--syn` */
const SYN_MASK = 0x17;
const SYN = 0x02;
/** Where the flags stand in the header. */
const FLAGS_OFFSET = 13;

const NAMED: Bits = [...FLAGS, ['ALL', ALL_FLAGS], ['NONE', 0]];

const flagIn = (word: string): number =>
  NAMED.find(([name]) => name === word.toUpperCase())?.[1] ?? wrong(`no such flag "${word}"`);

const flagsIn = (text: string): number => listed(text).reduce((all, word) => all | flagIn(word), 0);

const flagsText = (bits: number): string => (bits === 0 ? 'NONE' : bitWords(bits, FLAGS).join(','));

const flagsNft = (bits: number): string =>
  bits === 0 ? '0x0' : bitWords(bits, FLAGS).join(',').toLowerCase();

/** nft wants more than one flag behind a slash. */
function flagsTestNft({ flagMask, flagCmp, invertFlags }: Flags, exact: boolean): string {
  const [mask, set] = [flagsNft(flagMask), flagsNft(flagCmp)];
  const isOne = (flagMask & (flagMask - 1)) === 0;
  if (exact && isOne) return `tcp flags & ${mask} ${invertFlags ? '!=' : '=='} ${set}`;
  return `tcp flags ${unequal(invertFlags)}${set} / ${mask}`;
}

interface Flags {
  readonly flagMask: number;
  readonly flagCmp: number;
  readonly invertFlags: boolean;
}

function flagsOf(given: Given): Flags {
  if (given.has('syn'))
    return { flagMask: SYN_MASK, flagCmp: SYN, invertFlags: given.negated('syn') };
  const flags = given.value<readonly [number, number]>('tcp-flags') ?? [0, 0];
  return { flagMask: flags[0], flagCmp: flags[1], invertFlags: given.negated('tcp-flags') };
}

const hasFlags = (info: TcpInfo): boolean => info.flagMask !== 0 || info.invertFlags;

const hex8 = (value: number): string => value.toString(16).padStart(2, '0');

function flagsListed({ flagMask, flagCmp, invertFlags }: TcpInfo, numeric: boolean): string {
  const text = (bits: number): string =>
    numeric ? `0x${hex8(bits).toUpperCase()}` : flagsText(bits);
  return `flags:${bang(invertFlags)}${text(flagMask)}/${text(flagCmp)}`;
}

const native: NativeForm<TcpInfo> = {
  lower(info, cx) {
    // Elsewhere it stays a match, which the kernel refuses.
    if (cx.protocol !== 6) return undefined;
    const ports = lowerPorts(info);
    if (info.option !== 0 || info.invertOption) return undefined;
    if (!hasFlags(info)) return ports.length === 0 ? undefined : ports;
    return [
      ...ports,
      { kind: 'payload', base: 'transport', offset: FLAGS_OFFSET, len: 1, dreg: 1 },
      {
        kind: 'bitwise',
        sreg: 1,
        dreg: 1,
        len: 1,
        op: 'mask-xor',
        mask: hex8(info.flagMask),
        xor: '00',
      },
      { kind: 'cmp', sreg: 1, op: info.invertFlags ? 'neq' : 'eq', data: hex8(info.flagCmp) },
    ];
  },
  raise(exprs, at, cx) {
    if (cx.protocol !== 6) return undefined;
    const { ports, end } = raisePorts(exprs, at);
    const [load, bits, cmp] = [exprs[end], exprs[end + 1], exprs[end + 2]];
    const flags =
      load?.kind === 'payload' &&
      load.base === 'transport' &&
      load.offset === FLAGS_OFFSET &&
      load.len === 1;
    const sound =
      bits?.kind === 'bitwise' &&
      bits.op === 'mask-xor' &&
      bits.xor === '00' &&
      cmp?.kind === 'cmp';
    const options = { option: 0, invertOption: false };
    if (!flags || !sound || (cmp.op !== 'eq' && cmp.op !== 'neq')) {
      const none = { flagMask: 0, flagCmp: 0, invertFlags: false };
      return end === at ? undefined : { info: { ...ports, ...none, ...options }, end };
    }
    const flagMask = Number.parseInt(bits.mask, 16);
    const flagCmp = Number.parseInt(cmp.data, 16);
    return {
      info: { ...ports, flagMask, flagCmp, invertFlags: cmp.op === 'neq', ...options },
      end: end + 3,
    };
  },
};

export const tcp = extension<TcpInfo>({
  kind: 'match',
  name: 'tcp',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    ...OWN_PORT_OPTIONS,
    {
      name: 'syn',
      negatable: true,
      excludes: ['tcp-flags'],
      about: 'SYN alone of SYN, RST, ACK and FIN',
    },
    {
      name: 'tcp-flags',
      words: 2,
      parse: ([mask = '', set = '']) => [flagsIn(mask), flagsIn(set)],
      negatable: true,
      excludes: ['syn'],
      about: 'mask comp  flags looked at, and those that are set',
    },
    { name: 'tcp-option', parse: uint(U8_MAX, 1), negatable: true, about: 'number  of an option' },
  ],
  build: (given) => ({
    sports: given.value<XtRange>('sport') ?? { min: 0, max: U16_MAX },
    dports: given.value<XtRange>('dport') ?? { min: 0, max: U16_MAX },
    invertSport: given.negated('sport'),
    invertDport: given.negated('dport'),
    ...flagsOf(given),
    option: given.value<number>('tcp-option') ?? 0,
    invertOption: given.negated('tcp-option'),
  }),
  save: (info) =>
    words(
      rangeFlag('sport', info.sports, info.invertSport, U16_MAX),
      rangeFlag('dport', info.dports, info.invertDport, U16_MAX),
      info.option !== 0 && `${flagText('tcp-option', info.invertOption)} ${info.option}`,
      hasFlags(info) &&
        `${flagText('tcp-flags', info.invertFlags)} ${flagsText(info.flagMask)} ${flagsText(info.flagCmp)}`,
    ),
  list: (info, cx) =>
    words(
      'tcp',
      portsListed('spt', info.sports, info.invertSport, cx),
      portsListed('dpt', info.dports, info.invertDport, cx),
      info.option !== 0 && `option=${bang(info.invertOption)}${info.option}`,
      hasFlags(info) && flagsListed(info, cx.numeric),
    ),
  translate(info, { exact }) {
    const anySport = isFull(info.sports, U16_MAX) && !info.invertSport;
    const anyDport = isFull(info.dports, U16_MAX) && !info.invertDport;
    // An option does not tell nft which protocol ports are of.
    const isOption = anySport && anyDport && !hasFlags(info) && info.option !== 0;
    const text = words(
      exact && isOption && 'meta l4proto tcp',
      !anySport && rangeNft('tcp sport', info.sports, info.invertSport),
      !anyDport && rangeNft('tcp dport', info.dports, info.invertDport),
      info.option !== 0 && `tcp option ${info.option} ${info.invertOption ? 'missing' : 'exists'}`,
      hasFlags(info) && flagsTestNft(info, exact),
    );
    return text === '' ? 'meta l4proto tcp' : text;
  },
  native,
});
