// sctp: ports and chunks (libxt_sctp.c).

import type { SctpChunk, SctpChunks, SctpInfo, XtTest } from '../../program/index.ts';
import {
  bangWord,
  defined,
  extension,
  hexText,
  IP_FAMILIES,
  OWN_PORT_OPTIONS,
  portTestListed,
  rangeTestNft,
  rangeText,
  testOf,
  testText,
  words,
  wrong,
} from '../extension/index.ts';

interface ChunkName {
  readonly name: string;
  readonly type: number;
  /** Letters of the flags from bit 7 on; `-` has none. */
  readonly flags: string;
  readonly nft: string;
}

const NO_FLAGS = '--------';
const DATA_FLAGS = '----IUBE';
const ABORT_FLAGS = '-------T';

/** sctp_chunk_names[], in the order they are written in. */
const CHUNKS: readonly ChunkName[] = (
  [
    ['DATA', 0, 'data', DATA_FLAGS],
    ['INIT', 1, 'init'],
    ['INIT_ACK', 2, 'init-ack'],
    ['SACK', 3, 'sack'],
    ['HEARTBEAT', 4, 'heartbeat'],
    ['HEARTBEAT_ACK', 5, 'heartbeat-ack'],
    ['ABORT', 6, 'abort', ABORT_FLAGS],
    ['SHUTDOWN', 7, 'shutdown'],
    ['SHUTDOWN_ACK', 8, 'shutdown-ack'],
    ['ERROR', 9, 'error'],
    ['COOKIE_ECHO', 10, 'cookie-echo'],
    ['COOKIE_ACK', 11, 'cookie-ack'],
    ['ECN_ECNE', 12, 'ecne'],
    ['ECN_CWR', 13, 'cwr'],
    ['SHUTDOWN_COMPLETE', 14, 'shutdown-complete', ABORT_FLAGS],
    ['I_DATA', 64, 'i-data', DATA_FLAGS],
    ['RE_CONFIG', 130, 're-config'],
    ['PAD', 132, 'pad'],
    ['ASCONF', 193, 'asconf'],
    ['ASCONF_ACK', 128, 'asconf-ack'],
    ['FORWARD_TSN', 192, 'forward-tsn'],
    ['I_FORWARD_TSN', 194, 'i-forward-tsn'],
  ] as const
).map(([name, type, nft, flags = NO_FLAGS]) => ({ name, type, nft, flags }));

/** `BEiu`: an upper case letter asks for the flag, a lower case one for its absence. */
function flagsIn(letters: string, chunk: ChunkName): SctpChunk['flags'] {
  let mask = 0;
  let value = 0;
  for (const letter of letters) {
    const at = chunk.flags.indexOf(letter.toUpperCase());
    if (at < 0 || letter === '-') wrong(`chunk ${chunk.name} has no flag ${letter}`);
    mask |= 0x80 >>> at;
    if (letter === letter.toUpperCase()) value |= 0x80 >>> at;
  }
  return { mask, value };
}

function chunkIn(word: string): SctpChunk {
  const [name = '', letters] = word.split(':');
  const chunk = CHUNKS.find((one) => one.name === name.toUpperCase());
  if (chunk === undefined) return wrong(`no such chunk "${name}"`);
  if (letters === undefined || letters === '') return { type: chunk.type };
  return { type: chunk.type, flags: flagsIn(letters, chunk)! };
}

const EVERY = Array.from({ length: 256 }, (_, type): SctpChunk => ({ type }));

function chunksIn([how = '', list = '']: readonly string[]): SctpChunks {
  const mode = how.toLowerCase();
  if (mode !== 'any' && mode !== 'all' && mode !== 'only')
    return wrong(`"${how}" is none of any, all and only`);
  if (list.toUpperCase() === 'ALL') return { how: mode, types: EVERY };
  if (list.toUpperCase() === 'NONE') return { how: mode, types: [] };
  const byType = new Map<number, SctpChunk>();
  for (const chunk of list.split(',').map(chunkIn)) byType.set(chunk.type, chunk);
  return { how: mode, types: [...byType.values()].sort((a, b) => a.type - b.type) };
}

function flagLetters({ flags }: SctpChunk, { flags: names }: ChunkName): string {
  if (flags === undefined || flags.mask === 0) return '';
  const letters = [...names].map((letter, at) => {
    const bit = 0x80 >>> at;
    if ((flags.mask & bit) === 0) return '';
    return (flags.value & bit) !== 0 ? letter : letter.toLowerCase();
  });
  return `:${letters.join('')}`;
}

const chunkNumber = ({ type }: ChunkName): string =>
  `0x${type.toString(16).toUpperCase().padStart(4, '0')}`;

/** By name, or by number in lists of numbers. */
function chunksText({ how, types }: SctpChunks, numeric = false): string {
  if (types.length === 256) return `${how} ALL`;
  if (types.length === 0) return `${how} NONE`;
  // By number, as the map of chunks is walked through.
  const all = types.flatMap((chunk) => {
    const name = CHUNKS.find((one) => one.type === chunk.type);
    return name === undefined
      ? []
      : [`${numeric ? chunkNumber(name) : name.name}${flagLetters(chunk, name)}`];
  });
  return `${how} ${all.join(',')}`;
}

function chunkNft(chunk: SctpChunk | undefined, name: ChunkName, invert: boolean): string {
  const flags = chunk?.flags;
  if (flags !== undefined && flags.mask !== 0) {
    const op = invert ? '!=' : '==';
    return `sctp chunk ${name.nft} flags & ${hexText(flags.mask)} ${op} ${hexText(flags.value)}`;
  }
  return `sctp chunk ${name.nft} ${(chunk !== undefined) !== invert ? 'exists' : 'missing'}`;
}

/** One of several is nothing that rules of nft can say. */
function chunksNft({ value, invert }: XtTest<SctpChunks>): string | undefined {
  if (value.how === 'any') return undefined;
  const parts = CHUNKS.map((name) => {
    const chunk = value.types.find((one) => one.type === name.type);
    return chunk === undefined && value.how === 'all' ? '' : chunkNft(chunk, name, invert);
  });
  return words(...parts);
}

export const sctp = extension<SctpInfo>({
  kind: 'match',
  name: 'sctp',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    ...OWN_PORT_OPTIONS,
    {
      name: 'chunk-types',
      words: 2,
      parse: chunksIn,
      negatable: true,
      about: 'any|all|only  chunk[:flags][,chunk...]',
    },
  ],
  build: (given) =>
    defined<SctpInfo>({
      sports: testOf(given, 'sport'),
      dports: testOf(given, 'dport'),
      chunks: testOf(given, 'chunk-types'),
    }),
  save: (info) =>
    words(
      testText('sport', info.sports, rangeText),
      testText('dport', info.dports, rangeText),
      testText('chunk-types', info.chunks, (chunks) => chunksText(chunks)),
    ),
  list: (info, cx) =>
    words(
      'sctp',
      portTestListed('spt', info.sports, cx),
      portTestListed('dpt', info.dports, cx),
      info.chunks && `${bangWord(info.chunks.invert)}${chunksText(info.chunks.value, cx.numeric)}`,
    ),
  translate(info, { exact, leave }) {
    const { chunks: asked } = info;
    if (exact && asked?.value.how === 'only')
      return leave('nft has no name for every chunk, so it cannot say that there is no other');
    if (exact && asked?.value.how === 'all' && asked.invert && asked.value.types.length > 1)
      return leave('nft cannot say that one of several chunks is missing');
    const chunks = asked === undefined ? '' : chunksNft(asked);
    if (chunks === undefined) return leave('nft cannot ask for one of several chunks');
    // A chunk does not tell nft the protocol, and is missing in others.
    const isChunk = info.sports === undefined && info.dports === undefined && chunks !== '';
    const text = words(
      exact && isChunk && 'meta l4proto sctp',
      rangeTestNft('sctp sport', info.sports),
      rangeTestNft('sctp dport', info.dports),
      chunks,
    );
    return text === '' ? 'meta l4proto sctp' : text;
  },
});
