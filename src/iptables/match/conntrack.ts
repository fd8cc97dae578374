// conntrack, and state that is written for the same match (libxt_conntrack.c).

import type { ConntrackInfo, XtNet, XtRange, XtTest } from '../../program/index.ts';
import {
  type Bits,
  bitsIn,
  bitWords,
  defined,
  extension,
  hostMask,
  IP_FAMILIES,
  type NftWords,
  netText,
  optionListed,
  portRange,
  protocolIn,
  rangeTestNft,
  rangeText,
  type TranslateContext,
  testNft,
  testOf,
  testText,
  U32_MAX,
  uintRange,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

/** XT_CONNTRACK_STATE_*, in the order that they are read in. */
const STATES: Bits = [
  ['INVALID', 1],
  ['NEW', 8],
  ['ESTABLISHED', 2],
  ['RELATED', 4],
  ['UNTRACKED', 256],
  ['SNAT', 64],
  ['DNAT', 128],
];
/** Those that `-m state` knows. */
const PLAIN_STATES = STATES.slice(0, 5);
/** … and written in. */
const WRITTEN_STATES: Bits = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
].map((word) => [word, STATES.find(([name]) => name === word)![1]]);
/** IPS_* bits. */
const STATUSES: Bits = [
  ['NONE', 0],
  ['EXPECTED', 1],
  ['SEEN_REPLY', 2],
  ['ASSURED', 4],
  ['CONFIRMED', 8],
];

const statesIn = ([word = '']: readonly string[]): number => bitsIn(word, STATES, 'state');
const plainStatesIn = ([word = '']: readonly string[]): number =>
  bitsIn(word, PLAIN_STATES, 'state');
const statusesIn = ([word = '']: readonly string[]): number => bitsIn(word, STATUSES, 'status');
const statesText = (bits: number): string => bitWords(bits, WRITTEN_STATES).join(',');
const statusText = (bits: number): string =>
  bits === 0 ? 'NONE' : bitWords(bits, STATUSES).join(',');

const directionIn = ([word = '']: readonly string[]): 'original' | 'reply' => {
  const lower = word.toLowerCase();
  return lower === 'original' || lower === 'reply' ? lower : wrong(`bad direction "${word}"`);
};

/** Nothing is of protocol 0: "rule would never match protocol". */
const trackedProtocol = ([word = '']: readonly string[]): number => {
  const protocol = protocolIn(word);
  return protocol === 0 ? wrong('no connection has protocol 0') : protocol;
};

const NETS = ['origsrc', 'origdst', 'replsrc', 'repldst'] as const;
const PORTS = ['origsrcport', 'origdstport', 'replsrcport', 'repldstport'] as const;
/** As infos call them. */
const PORT_KEYS = ['origsrcPort', 'origdstPort', 'replsrcPort', 'repldstPort'] as const;

function save(info: ConntrackInfo): string {
  return optionsOf(info, testText, '--');
}

/** Addresses and protocols are numbers here in any case. */
const list = (info: ConntrackInfo): string => optionsOf(info, optionListed, '');

function optionsOf(info: ConntrackInfo, option: typeof testText, dashes: string): string {
  return words(
    option(info.alias ? 'state' : 'ctstate', info.state, statesText),
    option('ctproto', info.proto, String),
    ...NETS.map((key) => option(`ct${key}`, info[key], netText)),
    ...PORT_KEYS.map((key) => option(`ct${key.toLowerCase()}`, info[key], rangeText)),
    option('ctstatus', info.status, statusText),
    option('ctexpire', info.expires, rangeText),
    info.direction && `${dashes}ctdir ${info.direction.toUpperCase()}`,
  );
}

const NFT_STATUS: Bits = [
  ['expected', 1],
  ['seen-reply', 2],
  ['assured', 4],
  ['confirmed', 8],
];

/** nft has `ct status snat` where states know SNAT; states and these together it has not. */
function stateNft(test: XtTest<number> | undefined): string | undefined {
  if (test === undefined) return '';
  const nat = test.value & (64 | 128);
  if (nat !== 0 && nat !== test.value) return undefined;
  const words = statesText(test.value).toLowerCase();
  return `ct ${nat === 0 ? 'state' : 'status'} ${test.invert ? '! ' : ''}${words}`;
}

function statusNft(test: XtTest<number> | undefined): string {
  if (test === undefined) return '';
  if (test.value === 0) return `ct status ${test.invert ? '' : '== '}0x0`;
  return `ct status ${test.invert ? '! ' : ''}${bitWords(test.value, NFT_STATUS).join(',')}`;
}

const NFT_NETS = {
  origsrc: 'original saddr',
  origdst: 'original daddr',
  replsrc: 'reply saddr',
  repldst: 'reply daddr',
} as const;
const NFT_PORTS = {
  origsrcPort: 'original proto-src',
  origdstPort: 'original proto-dst',
  replsrcPort: 'reply proto-src',
  repldstPort: 'reply proto-dst',
} as const;

const netNft = (key: string, test: XtTest<XtNet> | undefined): string =>
  test === undefined ? '' : `ct ${key} ${unequal(test.invert)}${netText(test.value)}`;

/**
 * To nft the protocol of a connection is that of its packets, which those of an ICMP error have not; of a range it
 * draws no conclusion.
 */
function protocolNft({ proto }: ConntrackInfo, isApart: boolean): string {
  if (proto === undefined || proto.invert || !isApart)
    return testNft('ct original protocol', proto);
  return `ct original protocol ${proto.value}-${proto.value}`;
}

const INVALID = 1;
const UNTRACKED = 256;
const NAT = 64 | 128;

/** What is asked beside the state. */
const restNft = (info: ConntrackInfo): string =>
  words(
    statusNft(info.status),
    rangeTestNft('ct expiration', info.expires),
    ...NETS.map((key) => netNft(NFT_NETS[key], info[key])),
    ...PORT_KEYS.map((key) => rangeTestNft(`ct ${NFT_PORTS[key]}`, info[key])),
  );

const ctBits = (key: string, bits: number, invert = false): string =>
  bits === 0 ? '' : `ct ${key} ${invert ? '! ' : ''}${statesText(bits).toLowerCase()}`;

/**
 * conntrack_mt(): SNAT and DNAT are states beside the one a packet has, and for a packet without a
 * connection nothing is asked but the state, where nft's `ct status` and the others end the rule.
 */
function exactly(info: ConntrackInfo, cx: TranslateContext): NftWords {
  const { state, direction } = info;
  const { family, protocol } = cx;
  const asksPorts = PORT_KEYS.some((key) => info[key] !== undefined);
  const isApart = protocol !== 0 || (family === 'ip6' && !asksPorts);
  const rest = words(
    // Before ports, whatever comes behind: nft 1.0.6 asks what they are ports of, later ones do not.
    asksPorts && protocol !== 0 && `meta l4proto ${protocol}`,
    direction && `ct direction ${direction}`,
    protocolNft(info, isApart),
    restNft(info),
  );
  if (state === undefined) return rest;
  const { value, invert } = state;
  const [nat, plain] = [value & NAT, value & ~NAT];
  const without = (INVALID | UNTRACKED) & (invert ? ~value : value);
  if (nat !== 0 && !invert && plain !== 0)
    return without !== 0 && rest !== ''
      ? {
          any: [
            words(ctBits('status', nat), rest),
            words(ctBits('state', plain), rest),
            ctBits('state', without),
          ],
        }
      : cx.either(
          words(ctBits('state', plain, true), ctBits('status', nat), rest),
          words(ctBits('state', plain), rest),
        );
  const all = words(ctBits('state', plain, invert), ctBits('status', nat, invert), rest);
  const asksConnection = nat !== 0 || rest !== '';
  return without === 0 || !asksConnection ? all : cx.either(all, ctBits('state', without));
}

function translate(info: ConntrackInfo, cx: TranslateContext): NftWords {
  if (cx.exact) return exactly(info, cx);
  const state = stateNft(info.state);
  if (state === undefined) return undefined;
  return words(
    info.direction && `ct direction ${info.direction}`,
    testNft(`ct ${info.direction ?? 'original'} protocol`, info.proto),
    state,
    restNft(info),
  );
}

const NEGATABLE = { negatable: true } as const;

export const conntrack = extension<ConntrackInfo>({
  kind: 'match',
  name: 'conntrack',
  families: IP_FAMILIES,
  rev: 3,
  options: [
    {
      name: 'ctstate',
      parse: statesIn,
      ...NEGATABLE,
      about: 'state[,state...]  states of the packet',
    },
    { name: 'ctproto', parse: trackedProtocol, ...NEGATABLE, about: 'protocol  of the connection' },
    ...NETS.map((key) => ({
      name: `ct${key}`,
      parse: hostMask,
      ...NEGATABLE,
      about: 'address[/mask]',
    })),
    ...PORTS.map((key) => ({
      name: `ct${key}`,
      parse: portRange,
      ...NEGATABLE,
      about: 'port[:port]',
    })),
    {
      name: 'ctstatus',
      parse: statusesIn,
      ...NEGATABLE,
      about: 'status[,status...]  of the connection',
    },
    {
      name: 'ctexpire',
      parse: uintRange(U32_MAX),
      ...NEGATABLE,
      about: 'seconds[:seconds]  that are left',
    },
    { name: 'ctdir', parse: directionIn, about: 'ORIGINAL|REPLY  direction of the packet' },
  ],
  build(given) {
    if (given.options.length === 0) wrong('conntrack needs at least one option');
    const net = (key: string) => testOf<XtNet>(given, key);
    const ports = (key: string) => testOf<XtRange>(given, key);
    return defined<ConntrackInfo>({
      state: testOf(given, 'ctstate'),
      proto: testOf(given, 'ctproto'),
      origsrc: net('ctorigsrc'),
      origdst: net('ctorigdst'),
      replsrc: net('ctreplsrc'),
      repldst: net('ctrepldst'),
      origsrcPort: ports('ctorigsrcport'),
      origdstPort: ports('ctorigdstport'),
      replsrcPort: ports('ctreplsrcport'),
      repldstPort: ports('ctrepldstport'),
      status: testOf(given, 'ctstatus'),
      expires: testOf(given, 'ctexpire'),
      direction: given.value('ctdir'),
      alias: false,
    });
  },
  savedAs: (info) => (info.alias ? 'state' : 'conntrack'),
  save,
  list,
  translate,
});

export const state = extension<ConntrackInfo>({
  kind: 'match',
  name: 'state',
  kernelName: 'conntrack',
  families: IP_FAMILIES,
  rev: 3,
  options: [
    {
      name: 'state',
      parse: plainStatesIn,
      ...NEGATABLE,
      mandatory: true,
      about: 'state[,state...]  states of the packet',
    },
  ],
  build: (given) => ({ state: testOf<number>(given, 'state')!, alias: true }),
  savedAs: () => 'state',
  save,
  list,
  translate,
});
