// hashlimit: a limit for each source, destination or port of their own (libxt_hashlimit.c, revision 3).

import type { HashlimitInfo, HashlimitKey } from '../../program/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../uapi/index.ts';
import {
  addressBits,
  addressText,
  extension,
  type Given,
  IP_FAMILIES,
  listed,
  maskOf,
  number,
  type ParseContext,
  type PrintContext,
  plen,
  rateIn,
  rateNft,
  rateText,
  type TranslateContext,
  text,
  U32_MAX,
  uint,
  unitSeconds,
  words,
  wrong,
  type XtFamily,
} from '../extension/index.ts';

/** XT_HASHLIMIT_SCALE_v2: a cost is in millionths of a second. */
const SCALE = 1_000_000;
/** XT_HASHLIMIT_BURST_MAX */
const MAX_BURST = 1_000_000;
const DEFAULT_BURST = 5;
/** Milliseconds. */
const DEFAULT_GC = 1000;
/** Seconds that entries counting bytes live, without and with a burst. */
const BYTE_EXPIRE = 15;
const BYTE_EXPIRE_BURST = 60;

/** XT_HASHLIMIT_BYTE_SHIFT: bytes are counted in units of 16. */
const bytesToCost = (bytes: number): number => Math.floor(U32_MAX / (Math.floor(bytes / 16) + 1));
const costToBytes = (cost: number): number =>
  ((cost === 0 ? U32_MAX : Math.floor(U32_MAX / cost)) - 1) * 16;

interface Speed {
  readonly cost: number;
  readonly seconds: number;
  readonly bytes: boolean;
}

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };

function speed([word = '']: readonly string[]): Speed {
  const [, amount, factor = ''] = /^(\d+)([km]?)b\/s/.exec(word) ?? [];
  if (amount === undefined) return { ...rateIn(word, SCALE), bytes: false };
  if (Number(amount) === 0) return wrong(`bad rate "${word}"`);
  const cost = bytesToCost(Number(amount) * FACTORS[factor]!);
  return cost === 0
    ? wrong(`rate "${word}" is too high`)
    : { cost, seconds: BYTE_EXPIRE, bytes: true };
}

function burst([word = '']: readonly string[]): number {
  const [, amount = '', factor] = /^(0x[0-9a-fA-F]+|\d+)([kmb].*)?$/.exec(word) ?? [];
  const value = number(amount);
  if (value === undefined || value === 0 || (factor === undefined && value > MAX_BURST))
    return wrong(`bad burst "${word}", it is from 1 to ${MAX_BURST} packets`);
  return value * (FACTORS[factor?.[0] ?? ''] ?? 1);
}

/** In the order they are written. */
const KEYS: readonly HashlimitKey[] = ['srcip', 'srcport', 'dstip', 'dstport'];

function keysIn([word = '']: readonly string[]): readonly HashlimitKey[] {
  const given = listed(word);
  const stray = given.find((one) => !(KEYS as readonly string[]).includes(one));
  if (stray !== undefined) wrong(`bad mode "${stray}"`);
  return KEYS.filter((one) => given.includes(one));
}

/** A burst of bytes as a number of refills. */
function byteBurst(given: Given, cost: number): number {
  const bytes = given.value<number>('hashlimit-burst');
  if (bytes === undefined) return 0;
  const once = costToBytes(cost);
  if (bytes < once) wrong(`a burst cannot be less than ${once} bytes`);
  return Math.ceil(bytes / once);
}

const expireOf = ({ bytes, seconds }: Speed, burst_: number): number =>
  (bytes ? (burst_ > 0 ? BYTE_EXPIRE_BURST : BYTE_EXPIRE) : seconds) * 1000;

/** HASHLIMIT_MAX_SIZE: the kernel takes as much of what is asked for. */
const MAX_SIZE = 1_048_576;
const atMost = (size = 0): number => Math.min(size, MAX_SIZE);

function build(given: Given, cx: ParseContext): HashlimitInfo {
  const upto = given.value<Speed>('hashlimit-upto');
  const speed_ = upto ?? given.value<Speed>('hashlimit-above');
  if (speed_ === undefined) return wrong('hashlimit needs --hashlimit-upto or --hashlimit-above');
  const negated = given.negated('hashlimit-upto') || given.negated('hashlimit-above');
  const packets = given.value<number>('hashlimit-burst') ?? DEFAULT_BURST;
  if (!speed_.bytes && packets > MAX_BURST) wrong(`a burst is at most ${MAX_BURST} packets`);
  const burst_ = speed_.bytes ? byteBurst(given, speed_.cost) : packets;
  const rateMatch = given.has('hashlimit-rate-match');
  const interval = given.value<number>('hashlimit-rate-interval') ?? 0;
  const bits = addressBits(cx.family);
  const value = (option: string): number | undefined => given.value<number>(`hashlimit-${option}`);
  return {
    name: given.value<string>('hashlimit-name') ?? '',
    keys: given.value<readonly HashlimitKey[]>('hashlimit-mode') ?? [],
    bytes: speed_.bytes,
    invert: (upto === undefined) !== negated,
    rateMatch,
    avg: rateMatch && !speed_.bytes ? Math.floor(speed_.cost / speed_.seconds) : speed_.cost,
    burst: burst_,
    size: atMost(value('htable-size')),
    max: atMost(value('htable-max')),
    gcInterval: value('htable-gcinterval') ?? DEFAULT_GC,
    expire: value('htable-expire') ?? expireOf(speed_, burst_),
    interval: rateMatch && interval === 0 ? (speed_.bytes ? 1 : speed_.seconds) : interval,
    srcmask: value('srcmask') ?? bits,
    dstmask: value('dstmask') ?? bits,
  };
}

const SIZES = [
  ['m', 1024 * 1024],
  ['k', 1024],
  ['', 1],
] as const;

type Sized = readonly [amount: number, unit: string];

/** In the largest unit it reaches, rounded down (print_bytes). */
function sized(bytes: number): Sized {
  const [unit, size] = SIZES.find(([, one]) => bytes >= one) ?? SIZES[2];
  return [Math.floor(bytes / size), unit];
}

/** What a cost comes to, in the largest unit that would make the same cost. */
function speedOf(cost: number): Sized {
  const bytes = costToBytes(cost);
  const [unit, size] =
    SIZES.find(([, one]) => bytes >= one && bytesToCost(bytes - (bytes % one)) === cost) ??
    SIZES[2];
  return [Math.floor(bytes / size), unit];
}

function rate(
  info: HashlimitInfo,
  option: string,
): { readonly text: string; readonly expire: number } {
  if (!info.bytes)
    return {
      text: words(rateText(info.avg, SCALE), `${option}burst ${info.burst}`),
      expire: info.avg === 0 ? 0 : unitSeconds(info.avg, SCALE) * 1000,
    };
  const [amount, unit] = speedOf(info.avg);
  const [most, mostUnit] = sized(costToBytes(info.avg) * info.burst);
  return {
    text: words(`${amount}${unit}b/s`, info.burst > 0 && `${option}burst ${most}${mostUnit}b`),
    expire: (info.burst > 0 ? BYTE_EXPIRE_BURST : BYTE_EXPIRE) * 1000,
  };
}

function save(info: HashlimitInfo, { family }: PrintContext): string {
  const { text: rateWords, expire } = rate(info, '--hashlimit-');
  return words(
    `--hashlimit-${info.invert ? 'above' : 'upto'} ${rateWords}`,
    info.keys.length > 0 && `--hashlimit-mode ${info.keys.join(',')}`,
    `--hashlimit-name ${info.name}`,
    rest(info, '--hashlimit-', expire, family),
  );
}

/** The rate is shown for the whole interval, whether it is matched or not, which `save` does not do. */
function list(info: HashlimitInfo, { family }: PrintContext): string {
  const spread = info.interval !== 0 && !info.bytes;
  const shown = spread ? { ...info, avg: info.avg * info.interval } : info;
  const { text: rateWords, expire } = rate(shown, '');
  return words(
    `limit: ${info.invert ? 'above' : 'up to'} ${rateWords}`,
    info.keys.length > 0 && `mode ${info.keys.join('-')}`,
    rest(info, '', expire, family),
  );
}

/** What is not as it would be without the option. */
function rest(info: HashlimitInfo, option: string, expire: number, family: XtFamily): string {
  const bits = addressBits(family);
  return words(
    info.size !== 0 && `${option}htable-size ${info.size}`,
    info.max !== 0 && `${option}htable-max ${info.max}`,
    info.gcInterval !== DEFAULT_GC && `${option}htable-gcinterval ${info.gcInterval}`,
    info.expire !== expire && `${option}htable-expire ${info.expire}`,
    info.srcmask !== bits && `${option}srcmask ${info.srcmask}`,
    info.dstmask !== bits && `${option}dstmask ${info.dstmask}`,
    info.rateMatch && `${option}rate-match`,
    info.rateMatch && info.interval !== 1 && `${option}rate-interval ${info.interval}`,
  );
}

const NFT_UNITS: Readonly<Record<string, string>> = { m: 'mbytes', k: 'kbytes', '': 'bytes' };

/** proto_ports_offset(): where nft knows ports, with its names for them; of others both are 0. */
const PORTED: Readonly<Record<number, string>> = {
  [IPPROTO_TCP]: 'tcp',
  [IPPROTO_UDP]: 'udp',
  [IPPROTO_DCCP]: 'dccp',
  [IPPROTO_SCTP]: 'sctp',
  [IPPROTO_UDPLITE]: 'udplite',
};
const isPort = (key: HashlimitKey): boolean => key === 'srcport' || key === 'dstport';

/** hashlimit_print_subnet_xlate() writes all groups of an IPv6 mask in full. */
const maskNft = (mask: string, exact: boolean): string =>
  exact || mask.length === 8 ? addressText(mask) : mask.match(/.{4}/g)!.join(':');

function keyNft(
  key: HashlimitKey,
  info: HashlimitInfo,
  { family, protocol, exact }: TranslateContext,
): string {
  if (isPort(key)) {
    const name = exact ? PORTED[protocol] : protocol === IPPROTO_UDP ? 'udp' : 'tcp';
    return `${name} ${key === 'srcport' ? 'sport' : 'dport'}`;
  }
  const length = key === 'srcip' ? info.srcmask : info.dstmask;
  const bits = addressBits(family);
  const mask = length === bits ? '' : ` and ${maskNft(maskOf(length, bits / 8), exact)}`;
  return `${family} ${key === 'srcip' ? 'saddr' : 'daddr'}${mask}`;
}

/** hashlimit_mode_xlate(): the order nft's meters are written in. */
const NFT_KEYS: readonly HashlimitKey[] = ['dstip', 'dstport', 'srcip', 'srcport'];

/** Millionths of a second that the kernel can count: more of them begin again at 0. */
const MOST_COST = 134_217_728_460;

/** Whether nft's meter lets the same packets through. */
const isSame = ({ keys, avg, burst }: HashlimitInfo, protocol: number): boolean =>
  (!keys.some(isPort) || PORTED[protocol] !== undefined) && avg * burst < MOST_COST;

function translate(info: HashlimitInfo, cx: TranslateContext): string | undefined {
  if (info.keys.length === 0) return cx.leave('a meter of nft needs a key');
  if (info.rateMatch) return cx.leave('nft has no rate without a burst');
  if (cx.exact && info.bytes)
    return cx.leave('hashlimit counts bytes by sixteen, and fills up at once');
  if (cx.exact && !isSame(info, cx.protocol))
    return cx.leave('nft counts by the ports of one protocol, and further than hashlimit does');
  const keys = NFT_KEYS.filter((key) => info.keys.includes(key)).map((key) =>
    keyNft(key, info, cx),
  );
  const { expire } = rate(info, '');
  const over = info.invert ? 'over ' : '';
  const [amount, unit] = speedOf(info.avg);
  const [most, mostUnit] = sized(costToBytes(info.avg) * info.burst);
  const limit = info.bytes
    ? words(
        `${over}${amount} ${NFT_UNITS[unit]}/second`,
        info.burst > 0 && `burst ${most} ${NFT_UNITS[mostUnit]}`,
      )
    : words(
        `${over}${rateNft(info.avg, SCALE)}`,
        info.burst !== DEFAULT_BURST && `burst ${info.burst} packets`,
      );
  const seconds = Math.floor(info.expire / 1000);
  const timeout = info.expire !== 1000 && (info.bytes || info.expire !== expire || seconds !== 1);
  return `meter ${info.name} { ${words(keys.join(' . '), timeout && `timeout ${seconds}s`)} limit rate ${limit} }`;
}

export const hashlimit = extension<HashlimitInfo>({
  kind: 'match',
  name: 'hashlimit',
  families: IP_FAMILIES,
  rev: 3,
  options: [
    {
      name: 'hashlimit-upto',
      aliases: ['hashlimit'],
      parse: speed,
      negatable: true,
      excludes: ['hashlimit-above'],
      about: 'rate  that is not exceeded',
    },
    {
      name: 'hashlimit-above',
      parse: speed,
      negatable: true,
      excludes: ['hashlimit-upto'],
      about: 'rate  that is exceeded',
    },
    {
      name: 'hashlimit-burst',
      parse: burst,
      about: 'number  of packets, or of bytes with b, kb or mb',
    },
    {
      name: 'hashlimit-mode',
      parse: keysIn,
      about: 'srcip|srcport|dstip|dstport[,...]  what is told apart',
    },
    {
      name: 'hashlimit-name',
      parse: text(254, 'name'),
      mandatory: true,
      about: 'name  of the table',
    },
    { name: 'hashlimit-srcmask', parse: plen, about: 'length  of the prefix of sources' },
    { name: 'hashlimit-dstmask', parse: plen, about: 'length  of the prefix of destinations' },
    { name: 'hashlimit-htable-size', parse: uint(U32_MAX), about: 'number  of buckets' },
    { name: 'hashlimit-htable-max', parse: uint(U32_MAX), about: 'number  of entries at most' },
    {
      name: 'hashlimit-htable-expire',
      parse: uint(U32_MAX),
      about: 'milliseconds  an idle entry is kept',
    },
    {
      name: 'hashlimit-htable-gcinterval',
      parse: uint(U32_MAX),
      about: 'milliseconds  between sweeps',
    },
    { name: 'hashlimit-rate-match', about: 'the rate is measured, not shaped' },
    {
      name: 'hashlimit-rate-interval',
      parse: uint(U32_MAX - 1, 1),
      about: 'seconds  it is measured over',
    },
  ],
  build,
  save,
  list,
  translate,
});
