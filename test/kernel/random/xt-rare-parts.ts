// Parts of rules that need something beside them: sets of ipset, rate estimators, protocols that only
// packets of `otherProtocol` carry; and hashlimit in all its modes.

import { pick } from './words.ts';
import {
  chance,
  denied,
  type L3,
  mark,
  near,
  OUTGOING,
  PORTED,
  some,
  type XtPart,
} from './xt-parts.ts';
import { directionsOf, SETS } from './xt-sets.ts';

const MOBILE: readonly XtPart[] = [
  {
    l3: 'ip6',
    protocols: ['mh'],
    make: (r) =>
      `-m mh ${denied(r)}--mh-type ${pick(r, ['5', 'bu', 'binding-refresh-request', '0:4', '5:7', ':5', '6:'])}`,
  },
  {
    protocols: ['ipcomp'],
    make: (r) =>
      `-m ipcomp ${denied(r)}--ipcompspi ${pick(r, ['5', '4', '5:6', '0:4', '6:'])}${pick(r, ['', ' --compres'])}`,
  },
  {
    l3: 'ip',
    protocols: ['ah'],
    make: (r) => `-m ah ${denied(r)}--ahspi ${pick(r, ['5', '4', '5:6', ':4', '6:'])}`,
  },
];

const KEYS = ['srcip', 'dstip', 'srcport', 'dstport'];

/** Nothing is refilled while a case runs; 37 hours of packets are more than the kernel counts. */
const RATES = [
  '1/hour --hashlimit-burst 1',
  '2/hour --hashlimit-burst 3',
  '1/day --hashlimit-burst 1',
  '3/day --hashlimit-burst 3',
  '1/hour --hashlimit-burst 40',
  '2/day --hashlimit-burst 5',
  // Below 16 bytes a second iptables 1.8.9 divides by zero.
  '16b/s --hashlimit-burst 64b',
  '16b/s --hashlimit-burst 200b',
  '31b/s --hashlimit-burst 100b',
  '2/hour --hashlimit-burst 2 --hashlimit-rate-match --hashlimit-rate-interval 3600',
  '1kb/s --hashlimit-burst 2kb --hashlimit-rate-match --hashlimit-rate-interval 60',
];

const hashlimit: XtPart = {
  make: (r, { l3 }) =>
    [
      `-m hashlimit --hashlimit-${pick(r, ['upto', 'above'])} ${pick(r, RATES)}`,
      chance(r, 70) ? `--hashlimit-mode ${some(r, KEYS, 4)}` : '',
      chance(r, 30)
        ? `--hashlimit-srcmask ${pick(r, l3 === 'ip' ? [0, 24, 31] : [0, 64, 127])}`
        : '',
      chance(r, 30)
        ? `--hashlimit-dstmask ${pick(r, l3 === 'ip' ? [1, 24, 32] : [1, 64, 128])}`
        : '',
      chance(r, 20) ? `--hashlimit-htable-size ${1 + r.below(9)}` : '',
      `--hashlimit-name w${r.below(1_000_000)}`,
    ]
      .filter(Boolean)
      .join(' '),
};

/** What a set counts or has of its own can be asked for; `nomatch` is a net's. */
const setMatch: XtPart = {
  make: (r, { l3 }) => {
    const set = pick(
      r,
      SETS.filter((one) => one.l3 === undefined || one.l3 === l3),
    );
    const counters = set.create.includes('counters');
    return [
      `-m set ${denied(r)}--match-set ${set.name} ${directionsOf(r, set)}`,
      chance(r, 20) ? '--return-nomatch' : '',
      chance(r, 20) ? '! --update-counters' : '',
      chance(r, 10) ? '! --update-subcounters' : '',
      counters && chance(r, 30)
        ? pick(r, ['--packets-gt 1', '--packets-lt 2', '! --packets-eq 1', '--bytes-gt 60'])
        : '',
    ]
      .filter(Boolean)
      .join(' ');
  },
};

export const RARE_MATCHES: readonly XtPart[] = [
  ...MOBILE,
  ...MOBILE,
  hashlimit,
  setMatch,
  setMatch,
];

const setTarget: XtPart = {
  make: (r, { l3 }) => {
    const set = pick(
      r,
      SETS.filter((one) => one.l3 === undefined || one.l3 === l3),
    );
    const said = `${set.name} ${directionsOf(r, set)}`;
    return pick(r, [
      () => `-j SET --add-set ${said}`,
      () =>
        `-j SET --add-set ${said} --exist${chance(r, 50) ? ` --timeout ${pick(r, [0, 300])}` : ''}`,
      () => `-j SET --del-set ${said}`,
    ])();
  },
};

/**
 * Whether --map-prio and --map-queue are reached from INPUT is asked of chains of a user, too: by legacy, and
 * by kernels newer than 6.18 for nft.
 */
const mapTarget: XtPart = {
  tables: ['mangle'],
  chains: OUTGOING,
  make: (r, { l3 }) =>
    `-j SET --map-set marks${l3} ${pick(r, ['src', 'dst'])} ${some(r, ['--map-mark', '--map-prio', '--map-queue'], 3).replaceAll(',', ' ')}`,
};

/** All that the hash may be made of, each with its mask and what is ored to it. */
const hmark: XtPart = {
  tables: ['mangle'],
  make: (r, { l3, protocol }) => {
    const bits = l3 === 'ip' ? [0, 8, 24, 32] : [0, 48, 64, 128];
    const spi = ['esp', 'ah'].includes(protocol);
    return [
      '-j HMARK',
      `--hmark-src-prefix ${pick(r, bits)}`,
      chance(r, 40) ? `--hmark-dst-prefix ${pick(r, bits)}` : '',
      !spi && chance(r, 40) ? `--hmark-sport-mask ${pick(r, ['0xff', '0xff00', '0'])}` : '',
      !spi && chance(r, 40) ? `--hmark-dport-mask ${pick(r, ['0xff', '0xfff0'])}` : '',
      !spi && chance(r, 20) ? `--hmark-sport ${pick(r, [1, 53])}` : '',
      !spi && chance(r, 20) ? `--hmark-dport ${pick(r, [1, 80])}` : '',
      spi && chance(r, 60) ? `--hmark-spi-mask ${pick(r, ['0xff', '0xffffffff'])}` : '',
      spi && chance(r, 30) ? '--hmark-spi 7' : '',
      chance(r, 30) ? `--hmark-proto-mask ${pick(r, ['0xff', '0x11'])}` : '',
      chance(r, 25) ? '--hmark-tuple ct,src,dst' : '',
      `--hmark-mod ${1 + r.below(9)} --hmark-offset ${pick(r, [0, 2, 1000])} --hmark-rnd ${near(r, [0, 77])}`,
    ]
      .filter(Boolean)
      .join(' ');
  },
};

/** The estimator of a family; a table that asks for it is given a rule that makes it (xt-grammar.ts). */
export const estimator = (l3: L3): string =>
  `-j RATEEST --rateest-name rate${l3} --rateest-interval 8s --rateest-ewmalog 16s`;

/** An interval of eight seconds is never over: the rates stay 0. */
const rateest: XtPart = {
  make: (r, { l3 }) =>
    pick(r, [
      `-m rateest --rateest rate${l3} ${denied(r)}--rateest-lt --rateest-pps ${pick(r, [0, 1])}`,
      `-m rateest --rateest rate${l3} ${denied(r)}--rateest-gt --rateest-bps ${pick(r, [0, 8])}bit`,
      `-m rateest --rateest rate${l3} ${denied(r)}--rateest-eq --rateest-pps 0 --rateest-bps 0bit`,
      `-m rateest --rateest-delta --rateest rate${l3} ${denied(r)}--rateest-gt --rateest-bps1 80bit --rateest-pps2 3`,
      `-m rateest --rateest1 rate${l3} ${denied(r)}--rateest-eq --rateest-bps --rateest2 rate${l3}`,
    ]),
};

/** True or false whatever time it is. */
const time: XtPart = {
  make: (r) =>
    `-m time ${pick(r, [
      '--datestart 2001-01-01',
      '--datestop 2001-01-01',
      '--timestart 00:00 --timestop 23:59:59',
      '! --monthdays 31,30,29,28,27,26,25,24,23,22,21,20,19,18,17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1',
      '--weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun',
      '--timestart 12:00 --timestop 11:59:59 --contiguous',
    ])}`,
};

export const TIMED_MATCHES: readonly XtPart[] = [rateest, time];

export const RARE_TARGETS: readonly XtPart[] = [
  setTarget,
  setTarget,
  mapTarget,
  hmark,
  { make: (_, { l3 }) => estimator(l3) },
  {
    tables: ['mangle', 'security'],
    make: (r) => `-j CONNSECMARK --${pick(r, ['save', 'restore'])}`,
  },
  {
    protocols: PORTED,
    tables: ['mangle'],
    make: (r) => `-m multiport ! --ports 1,2:3 -j CONNMARK --set-xmark ${mark(r)}`,
  },
];
