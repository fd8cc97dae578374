import { parseIPv4, parseIPv6, parseMac } from '../../bytes/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../uapi/index.ts';
import type { BuildPart } from '../build/build.ts';
import { icmp, icmpv6, nd } from '../build/transport.ts';
import { echoRest } from '../icmp.ts';
import type { NdMessage } from '../nd.ts';
import type { NdOption } from '../nd-options.ts';
import { type Cursor, fail } from './cursor.ts';
import { payloadOf, type Word, type Words } from './draft.ts';
import { givenChecksum, type ProtocolParser, type ReadInner } from './protocol.ts';
import { ICMP_WORDS, ICMPV6_WORDS } from './words.ts';

/** What the words of a message said. */
interface IcmpWords {
  type: number | undefined;
  code: number;
  rest: number;
  quoted: Uint8Array | undefined;
}

const newWords = (): IcmpWords => ({ type: undefined, code: 0, rest: 0, quoted: undefined });

function typeWords(
  said: IcmpWords,
  names: Readonly<Record<string, readonly [number, number]>>,
): Words {
  const entries = Object.entries(names).map(([name, [type, code]]): [string, Word] => [
    name,
    () => {
      said.type = type;
      said.code = code;
    },
  ]);
  return Object.fromEntries(entries);
}

const setRest =
  (said: IcmpWords, wanted: string, most: number, make: (value: number) => number): Word =>
  (cursor) => {
    said.rest = make(cursor.number(wanted, most));
  };

function fieldWords(said: IcmpWords, readInner: ReadInner): Words {
  const quote: Word = (cursor, draft) => {
    said.quoted = readInner(cursor, draft);
  };
  return {
    // `type echo-request`, as nft has it, is `echo-request`: the name is the next word.
    type: (cursor) => {
      if (cursor.atNumber) said.type = cursor.number('the type', 255);
    },
    code: (cursor) => {
      said.code = cursor.number('the code', 255);
    },
    id: setRest(said, 'the identifier', 65535, (id) => echoRest(id, said.rest & 0xffff)),
    seq: setRest(said, 'the sequence number', 65535, (seq) => echoRest(said.rest >>> 16, seq)),
    rest: setRest(said, 'the rest of the header', 0xffffffff, (rest) => rest),
    about: quote,
    quoting: quote,
  };
}

function readIPv4(cursor: Cursor): number {
  const token = cursor.next('the gateway');
  const address = parseIPv4(token.text);
  if (address === undefined) throw fail(token, `'${token.raw}' is no IPv4 address`);
  return address;
}

export function icmpParser(readInner: ReadInner): ProtocolParser {
  const said = newWords();
  return {
    protocol: IPPROTO_ICMP,
    ports: false,
    words: {
      ...typeWords(said, ICMP_WORDS),
      ...fieldWords(said, readInner),
      mtu: setRest(said, 'the MTU', 65535, (mtu) => mtu),
      pointer: setRest(said, 'the pointer', 255, (at) => (at << 24) >>> 0),
      gateway: (cursor) => {
        said.rest = readIPv4(cursor);
      },
    },
    layers: (draft) => {
      const type = said.type ?? (said.quoted === undefined ? 8 : 3);
      const body = said.quoted ?? payloadOf(draft);
      const { code, rest } = said;
      return [icmp({ type, code, rest, ...givenChecksum(draft) }), body];
    },
  };
}

/** Words of neighbour discovery. */
interface NdWords {
  name: NdMessage['name'] | undefined;
  target: string;
  destination: string;
  lladdr: Uint8Array | undefined;
  router: boolean;
  solicited: boolean;
  override: boolean;
}

const ND_NAMES: Readonly<Record<string, NdMessage['name']>> = {
  'router-solicitation': 'routerSolicitation',
  rs: 'routerSolicitation',
  'router-advertisement': 'routerAdvertisement',
  ra: 'routerAdvertisement',
  'neighbor-solicitation': 'neighborSolicitation',
  'neighbour-solicitation': 'neighborSolicitation',
  ns: 'neighborSolicitation',
  'neighbor-advertisement': 'neighborAdvertisement',
  'neighbour-advertisement': 'neighborAdvertisement',
  na: 'neighborAdvertisement',
};

function readIPv6(cursor: Cursor, wanted: string): string {
  const token = cursor.next(wanted);
  if (parseIPv6(token.text) === undefined) {
    throw fail(token, `'${token.raw}' is no IPv6 address`);
  }
  return token.text;
}

function readLinkAddress(cursor: Cursor): Uint8Array {
  const token = cursor.next('the link-layer address');
  const mac = parseMac(token.text);
  if (mac === undefined) throw fail(token, `'${token.raw}' is no MAC address`);
  return mac;
}

function ndWords(said: NdWords): Words {
  const names = Object.entries(ND_NAMES).map(([word, name]): [string, Word] => [
    word,
    () => {
      said.name = name;
    },
  ]);
  return {
    ...Object.fromEntries(names),
    target: (cursor) => {
      said.target = readIPv6(cursor, 'the target');
    },
    lladdr: (cursor) => {
      said.lladdr = readLinkAddress(cursor);
    },
    router: () => {
      said.router = true;
    },
    solicited: () => {
      said.solicited = true;
    },
    override: () => {
      said.override = true;
    },
  };
}

function ndMessage(name: NdMessage['name'], said: NdWords): NdMessage {
  const kind = name === 'neighborAdvertisement' ? 'targetLinkLayer' : 'sourceLinkLayer';
  const options: NdOption[] =
    said.lladdr === undefined ? [] : [{ name: kind, address: said.lladdr }];
  switch (name) {
    case 'routerSolicitation':
      return { name, options };
    case 'routerAdvertisement':
      return {
        name,
        hopLimit: 64,
        flags: 0,
        lifetime: 1800,
        reachableTime: 0,
        retransTimer: 0,
        options,
      };
    case 'neighborSolicitation':
      return { name, target: said.target, options };
    case 'neighborAdvertisement': {
      const { router, solicited, override, target } = said;
      return { name, router, solicited, override, target, options };
    }
    case 'redirect':
      return { name, target: said.target, destination: said.destination, options };
  }
}

export function icmpv6Parser(readInner: ReadInner): ProtocolParser {
  const said = newWords();
  const neighbour: NdWords = {
    name: undefined,
    target: '::',
    destination: '::',
    lladdr: undefined,
    router: false,
    solicited: false,
    override: false,
  };
  const layers = (draft: Parameters<ProtocolParser['layers']>[0]): BuildPart[] => {
    if (neighbour.name !== undefined) {
      // RFC 4861 §7.1: receivers drop discovery with any other hop limit.
      draft.ttl ??= 255;
      return [nd(ndMessage(neighbour.name, neighbour))];
    }
    const type = said.type ?? (said.quoted === undefined ? 128 : 1);
    const body = said.quoted ?? payloadOf(draft);
    const { code, rest } = said;
    return [icmpv6({ type, code, rest, ...givenChecksum(draft) }), body];
  };
  return {
    protocol: IPPROTO_ICMPV6,
    ports: false,
    words: {
      ...typeWords(said, ICMPV6_WORDS),
      ...fieldWords(said, readInner),
      ...ndWords(neighbour),
      mtu: setRest(said, 'the MTU', 0xffffffff, (mtu) => mtu),
      pointer: setRest(said, 'the pointer', 0xffffffff, (at) => at),
      // A redirect is one of discovery's messages, but has a destination beside its target.
      redirect: (cursor) => {
        neighbour.name = 'redirect';
        neighbour.destination = readIPv6(cursor, 'the redirected destination');
      },
    },
    layers,
  };
}
