// stp: bridge protocol data units (libebt_stp.c).

import type { EbtStpInfo, XtNet, XtRange } from '../../program/index.ts';
import {
  BRIDGE,
  defined,
  extension,
  type Given,
  macNet,
  macNetText,
  number,
  type OptionSpec,
  rangeText,
  testOf,
  testText,
  uintRange,
  type ValueParser,
  words,
  wrong,
} from '../extension/index.ts';

const TYPES: Readonly<Record<string, number>> = { config: 0, tcn: 0x80 };
const FLAGS: Readonly<Record<string, number>> = {
  'topology-change': 0x01,
  'topology-change-ack': 0x80,
};

const byteOf =
  (names: Readonly<Record<string, number>>): ValueParser =>
  ([word = '']) => {
    const value = names[word.toLowerCase()] ?? number(word);
    return value === undefined || value > 0xff
      ? wrong(`"${word}" is neither a byte nor ${Object.keys(names).join(' or ')}`)
      : value;
  };

const byteText =
  (names: Readonly<Record<string, number>>) =>
  (value: number): string =>
    Object.keys(names).find((name) => names[name] === value) ?? `${value}`;

/** Fields with a range of numbers, and what they hold at most. */
const RANGES = [
  ['rootPrio', 'stp-root-prio', 0xffff],
  ['rootCost', 'stp-root-cost', 0xffffffff],
  ['senderPrio', 'stp-sender-prio', 0xffff],
  ['port', 'stp-port', 0xffff],
  ['msgAge', 'stp-msg-age', 0xffff],
  ['maxAge', 'stp-max-age', 0xffff],
  ['helloTime', 'stp-hello-time', 0xffff],
  ['forwardDelay', 'stp-forward-delay', 0xffff],
] as const;

const rangeOption = ([, name, max]: (typeof RANGES)[number]): OptionSpec => ({
  name,
  parse: uintRange(max),
  negatable: true,
  about: 'number[:number]',
});

function build(given: Given): EbtStpInfo {
  const ranges = RANGES.map(([field, name]) => [field, testOf<XtRange>(given, name)]);
  return defined<EbtStpInfo>({
    ...(Object.fromEntries(ranges) as Required<EbtStpInfo>),
    type: testOf<number>(given, 'stp-type'),
    flags: testOf<number>(given, 'stp-flags'),
    rootAddr: testOf<XtNet>(given, 'stp-root-addr'),
    senderAddr: testOf<XtNet>(given, 'stp-sender-addr'),
  });
}

const range = (info: EbtStpInfo, wanted: (typeof RANGES)[number][0]): string => {
  const [field, name] = RANGES.find(([one]) => one === wanted)!;
  return testText(name, info[field], (value) => rangeText(value));
};

export const ebtStp = extension<EbtStpInfo>({
  kind: 'match',
  name: 'stp',
  families: BRIDGE,
  rev: 0,
  options: [
    { name: 'stp-type', parse: byteOf(TYPES), negatable: true, about: 'number|config|tcn' },
    { name: 'stp-flags', parse: byteOf(FLAGS), negatable: true, about: 'number|name' },
    { name: 'stp-root-addr', parse: macNet, negatable: true, about: 'mac[/mask]' },
    { name: 'stp-sender-addr', parse: macNet, negatable: true, about: 'mac[/mask]' },
    ...RANGES.map(rangeOption),
  ],
  build,
  save: (info) =>
    words(
      testText('stp-type', info.type, byteText(TYPES)),
      testText('stp-flags', info.flags, byteText(FLAGS)),
      range(info, 'rootPrio'),
      testText('stp-root-addr', info.rootAddr, macNetText),
      range(info, 'rootCost'),
      range(info, 'senderPrio'),
      testText('stp-sender-addr', info.senderAddr, macNetText),
      range(info, 'port'),
      range(info, 'msgAge'),
      range(info, 'maxAge'),
      range(info, 'helloTime'),
      range(info, 'forwardDelay'),
    ),
  translate: (_, { leave }) => leave('nft has no words for the spanning tree protocol'),
});
