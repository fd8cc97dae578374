// multiport: one of several ports (libxt_multiport.c).

import type { MultiportInfo, XtRange } from '../../program/index.ts';
import {
  extension,
  flagText,
  IP_FAMILIES,
  type OptionSpec,
  type ParseContext,
  portIn,
  portName,
  rangeText,
  unequal,
  wrong,
} from '../extension/index.ts';

const U16_MAX = 0xffff;
/** XT_MULTI_PORTS; a range takes two places. */
const MAX_PORTS = 15;
/** Protocols whose ports stand where TCP's do, by the names nft has for them. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  132: 'sctp',
  136: 'udplite',
};

function portOrRange(word: string): XtRange {
  const colon = word.indexOf(':');
  if (colon < 0) {
    const one = portIn(word);
    return { min: one, max: one };
  }
  const range = { min: portIn(word.slice(0, colon)), max: portIn(word.slice(colon + 1)) };
  return range.min >= range.max ? wrong(`range of ports "${word}" ends before it begins`) : range;
}

const places = (ports: readonly XtRange[]): number =>
  ports.reduce((sum, { min, max }) => sum + (min === max ? 1 : 2), 0);

function portsIn([word = '']: readonly string[]): readonly XtRange[] {
  const ports = word.split(',').map(portOrRange);
  return places(ports) > MAX_PORTS
    ? wrong(`more than ${MAX_PORTS} ports, and a range counts twice`)
    : ports;
}

function checkProtocol({ protocol, protocolNegated }: ParseContext): void {
  if (protocolNegated || PROTOCOLS[protocol] === undefined)
    wrong('multiport needs -p tcp, udp, udplite, sctp or dccp');
}

const NAMES = { source: 'sports', destination: 'dports', either: 'ports' } as const;
type Which = MultiportInfo['flags'];
const WHICH = Object.keys(NAMES) as Which[];

const optionOf = (which: Which, alias: readonly string[], about: string): OptionSpec => ({
  name: NAMES[which],
  aliases: alias,
  parse: portsIn,
  negatable: true,
  excludes: WHICH.filter((one) => one !== which).map((one) => NAMES[one]),
  about: `port[:port][,port...]  ${about}`,
});

const portsText = (ports: readonly XtRange[]): string =>
  ports.map((one) => rangeText(one)).join(',');

function portsNft(ports: readonly XtRange[]): string {
  const all = ports.map((one) => rangeText(one, '-'));
  return all.length === 1 ? all[0]! : `{ ${all.join(', ')} }`;
}

/** Either port: pairs of source and destination. */
const pairsNft = (ports: readonly XtRange[]): string =>
  ports
    .map((one) => rangeText(one, '-'))
    .map((one) => `0-65535 . ${one}, ${one} . 0-65535`)
    .join(', ');

/** The list in order and without what is in it twice. */
function merged(ports: readonly XtRange[]): XtRange[] {
  const out: XtRange[] = [];
  for (const one of [...ports].sort((a, b) => a.min - b.min)) {
    const last = out.at(-1);
    if (last === undefined || one.min > last.max + 1) out.push(one);
    else out[out.length - 1] = { min: last.min, max: Math.max(last.max, one.max) };
  }
  return out;
}

/** All other ports, of a merged list. */
function others(ports: readonly XtRange[]): XtRange[] {
  const starts = [0, ...ports.map(({ max }) => max + 1)];
  const ends = [...ports.map(({ min }) => min - 1), U16_MAX];
  return starts.map((min, i) => ({ min, max: ends[i]! })).filter(({ min, max }) => min <= max);
}

/** The same pairs, each in one element: the kernel refuses elements that overlap. */
function apartNft(ports: readonly XtRange[]): string {
  const own = merged(ports);
  const text = (one: XtRange): string => rangeText(one, '-');
  const sources = own.map((one) => `${text(one)} . 0-65535`);
  const targets = others(own).flatMap((other) => own.map((one) => `${text(other)} . ${text(one)}`));
  return [...sources, ...targets].join(', ');
}

export const multiport = extension<MultiportInfo>({
  kind: 'match',
  name: 'multiport',
  // Of the 2.4 days; it could mix ranges and ports before multiport could.
  aliases: ['mport'],
  families: IP_FAMILIES,
  rev: 1,
  options: [
    optionOf('source', ['source-ports'], 'of the source'),
    optionOf('destination', ['destination-ports'], 'of the destination'),
    optionOf('either', [], 'of either'),
  ],
  build(given, cx) {
    checkProtocol(cx);
    const flags = WHICH.find((one) => given.has(NAMES[one]));
    if (flags === undefined) return wrong('multiport needs --sports, --dports or --ports');
    const ports = given.value<readonly XtRange[]>(NAMES[flags])!;
    return { flags, ports, invert: given.negated(NAMES[flags]) };
  },
  save: ({ flags, ports, invert }) => `${flagText(NAMES[flags], invert)} ${portsText(ports)}`,
  // A negated list stands behind two blanks.
  list: ({ flags, ports, invert }, cx) =>
    `multiport ${NAMES[flags]} ${invert ? ' !' : ''}${ports
      .map(({ min, max }) =>
        min === max ? portName(min, cx) : `${portName(min, cx)}:${portName(max, cx)}`,
      )
      .join(',')}`,
  translate({ flags, ports, invert }, { protocol, exact }) {
    const name = PROTOCOLS[protocol] ?? 'th';
    if (flags === 'either') {
      const pairs = exact ? apartNft(ports) : pairsNft(ports);
      return `${name} sport . ${name} dport ${unequal(invert)}{ ${pairs} }`;
    }
    const said = portsNft(exact ? merged(ports) : ports);
    return `${name} ${flags === 'source' ? 'sport' : 'dport'} ${unequal(invert)}${said}`;
  },
});
