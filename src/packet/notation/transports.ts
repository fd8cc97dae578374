import { parseIPv4 } from '../../bytes/index.ts';
import {
  DCCP_PKT_ACK,
  DCCP_PKT_DATA,
  IPPROTO_DCCP,
  IPPROTO_ESP,
  IPPROTO_GRE,
  IPPROTO_IGMP,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../uapi/index.ts';
import { dccp, esp, gre, igmp, sctp, udp, udpLite } from '../build/transport.ts';
import type { SctpChunk } from '../sctp-chunks.ts';
import { fail } from './cursor.ts';
import { payloadOf, readProtocol, type Word, type Words } from './draft.ts';
import { givenChecksum, type ProtocolParser, portsOf, type ReadInner } from './protocol.ts';
import { DCCP_WORDS, SCTP_WORDS } from './words.ts';

export const udpParser = (): ProtocolParser => ({
  protocol: IPPROTO_UDP,
  ports: true,
  words: {},
  layers: (draft, pair) => [
    udp({ ...portsOf(draft, pair), ...givenChecksum(draft) }),
    payloadOf(draft),
  ],
});

export function udpLiteParser(): ProtocolParser {
  let coverage = 0;
  return {
    protocol: IPPROTO_UDPLITE,
    ports: true,
    words: {
      coverage: (cursor) => {
        coverage = cursor.number('the coverage', 65535);
      },
    },
    layers: (draft, pair) => [
      udpLite({ ...portsOf(draft, pair), coverage, ...givenChecksum(draft) }),
      payloadOf(draft),
    ],
  };
}

const setNumber = (wanted: string, most: number, set: (value: number) => void): Word => {
  return (cursor) => set(cursor.number(wanted, most));
};

/** The initiate tag, TSN and streams that chunks get unless told. */
interface SctpSaid {
  chunks: (keyof typeof SCTP_WORDS)[];
  vtag: number | undefined;
  tag: number;
  tsn: number;
  tBit: boolean;
  ppid: number;
}

function chunkOf(name: keyof typeof SCTP_WORDS, said: SctpSaid, data: Uint8Array): SctpChunk {
  const kind = SCTP_WORDS[name];
  const flags = said.tBit ? 1 : 0;
  switch (kind) {
    case 'data':
      return {
        name: 'data',
        flags: 3,
        tsn: said.tsn,
        streamId: 0,
        streamSequence: 0,
        payloadProtocol: said.ppid,
        payload: data,
      };
    case 'init':
    case 'initAck':
      return {
        name: kind,
        flags: 0,
        initiateTag: said.tag,
        advertisedWindow: 106496,
        outboundStreams: 10,
        inboundStreams: 65535,
        initialTsn: said.tsn,
        // RFC 9260 §3.3.3: an INIT ACK has a state cookie.
        parameters: kind === 'initAck' ? [{ type: 7, value: new Uint8Array(4) }] : [],
      };
    case 'sack':
      return {
        name: 'sack',
        flags: 0,
        cumulativeTsn: said.tsn,
        advertisedWindow: 106496,
        gaps: [],
        duplicates: [],
      };
    case 'heartbeat':
    case 'heartbeatAck':
      return { name: kind, flags: 0, parameters: [{ type: 1, value: new Uint8Array(4) }] };
    case 'abort':
    case 'error':
      return { name: kind, flags, parameters: [] };
    case 'shutdown':
      return { name: 'shutdown', flags: 0, tsn: said.tsn };
    case 'cookieEcho':
      return { name: 'cookieEcho', flags: 0, cookie: new Uint8Array(4) };
    default:
      return { name: kind, flags };
  }
}

const isChunkName = (word: string): word is keyof typeof SCTP_WORDS =>
  Object.hasOwn(SCTP_WORDS, word);

function sctpWords(said: SctpSaid): Words {
  const chunks = Object.keys(SCTP_WORDS)
    .filter((name) => name !== 'data')
    .map((name): [string, Word] => [
      name,
      () => {
        if (isChunkName(name)) said.chunks.push(name);
      },
    ]);
  return {
    ...Object.fromEntries(chunks),
    // A DATA chunk and its text.
    data: (cursor, draft) => {
      said.chunks.push('data');
      if (cursor.peek()?.kind === 'string') draft.data = cursor.text('the data');
    },
    vtag: setNumber('the verification tag', 0xffffffff, (value) => {
      said.vtag = value;
    }),
    tag: setNumber('the initiate tag', 0xffffffff, (value) => {
      said.tag = value;
    }),
    tsn: setNumber('the TSN', 0xffffffff, (value) => {
      said.tsn = value;
    }),
    ppid: setNumber('the payload protocol', 0xffffffff, (value) => {
      said.ppid = value;
    }),
    't-bit': () => {
      said.tBit = true;
    },
  };
}

export function sctpParser(): ProtocolParser {
  const said: SctpSaid = { chunks: [], vtag: undefined, tag: 1, tsn: 1, tBit: false, ppid: 0 };
  return {
    protocol: IPPROTO_SCTP,
    ports: true,
    words: sctpWords(said),
    layers: (draft, pair) => {
      const names = said.chunks.length === 0 ? (['init'] as const) : said.chunks;
      // Only an INIT has the tag zero (RFC 9260 §8.5.1).
      const verificationTag = said.vtag ?? (names[0] === 'init' ? 0 : 1);
      const chunks = names.map((name) => chunkOf(name, said, payloadOf(draft)));
      return [sctp({ ...portsOf(draft, pair), verificationTag, chunks, ...givenChecksum(draft) })];
    },
  };
}

export function dccpParser(): ProtocolParser {
  let type = 0;
  let sequence = 0;
  let acknowledgment = 0;
  let extra = 0;
  const types = Object.entries(DCCP_WORDS).map(([name, value]): [string, Word] => [
    name,
    () => {
      type = value;
    },
  ]);
  return {
    protocol: IPPROTO_DCCP,
    ports: true,
    words: {
      ...Object.fromEntries(types.filter(([name]) => name !== 'data')),
      // `data` alone is the packet type, with text its data too; type Ack has a number instead.
      data: (cursor, draft) => {
        type = DCCP_PKT_DATA;
        if (cursor.peek()?.kind === 'string') draft.data = cursor.text('the data');
      },
      ack: (cursor) => {
        if (cursor.atNumber) acknowledgment = cursor.number('the acknowledgement', 2 ** 48 - 1);
        else type = DCCP_PKT_ACK;
      },
      seq: setNumber('the sequence number', 2 ** 48 - 1, (value) => {
        sequence = value;
      }),
      service: setNumber('the service code', 0xffffffff, (value) => {
        extra = value;
      }),
    },
    layers: (draft, pair) => [
      dccp({
        ...portsOf(draft, pair),
        type,
        sequence,
        acknowledgment,
        extra,
        ...givenChecksum(draft),
      }),
      payloadOf(draft),
    ],
  };
}

export function espParser(): ProtocolParser {
  let spi = 0;
  let sequence = 1;
  return {
    protocol: IPPROTO_ESP,
    ports: false,
    words: {
      spi: setNumber('the SPI', 0xffffffff, (value) => {
        spi = value;
      }),
      seq: setNumber('the sequence number', 0xffffffff, (value) => {
        sequence = value;
      }),
    },
    layers: (draft) => [esp({ spi, sequence }), payloadOf(draft)],
  };
}

export function greParser(readInner: ReadInner): ProtocolParser {
  let key: number | undefined;
  let sequence: number | undefined;
  let inner: Uint8Array | undefined;
  const carry: Word = (cursor, draft) => {
    inner = readInner(cursor, draft);
  };
  return {
    protocol: IPPROTO_GRE,
    ports: false,
    words: {
      key: setNumber('the key', 0xffffffff, (value) => {
        key = value;
      }),
      seq: setNumber('the sequence number', 0xffffffff, (value) => {
        sequence = value;
      }),
      carrying: carry,
    },
    layers: (draft) => {
      const body = inner ?? payloadOf(draft);
      const protocol = (body[0] ?? 0x40) >>> 4 === 6 ? 0x86dd : 0x0800;
      const fields = {
        protocol,
        ...(key !== undefined && { key }),
        ...(sequence !== undefined && { sequence }),
      };
      return [gre(fields), body];
    },
  };
}

/** IP in IP: `ipip 10.0.0.1 > 10.0.0.2 carrying udp …`. */
export function tunnelParser(readInner: ReadInner): ProtocolParser {
  let inner: Uint8Array = new Uint8Array(0);
  return {
    get protocol() {
      return (inner[0] ?? 0x40) >>> 4 === 6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
    },
    ports: false,
    words: {
      carrying: (cursor, draft) => {
        inner = readInner(cursor, draft);
      },
    },
    layers: () => [inner],
  };
}

const IGMP_TYPES: Readonly<Record<string, number>> = {
  query: 0x11,
  'v1-report': 0x12,
  report: 0x16,
  'v2-report': 0x16,
  leave: 0x17,
};

export function igmpParser(): ProtocolParser {
  let type = 0x11;
  let group = '0.0.0.0';
  let maxResponseCode: number | undefined;
  const types = Object.entries(IGMP_TYPES).map(([name, value]): [string, Word] => [
    name,
    () => {
      type = value;
    },
  ]);
  return {
    protocol: IPPROTO_IGMP,
    ports: false,
    words: {
      ...Object.fromEntries(types),
      group: (cursor) => {
        const token = cursor.next('the group');
        if (parseIPv4(token.text) === undefined) {
          throw fail(token, `'${token.raw}' is no IPv4 address`);
        }
        group = token.text;
      },
      'max-resp': setNumber('the maximum response time', 255, (value) => {
        maxResponseCode = value;
      }),
    },
    layers: (draft) => {
      const likely = type === 0x11 ? 100 : 0;
      const fields = { type, group, maxResponseCode: maxResponseCode ?? likely };
      return [igmp({ ...fields, ...givenChecksum(draft) })];
    },
  };
}

/** Any protocol by number: `ip 10.0.0.1 > 10.0.0.2 proto 89 len 44`. */
export function rawParser(): ProtocolParser {
  let protocol = 255;
  return {
    get protocol() {
      return protocol;
    },
    ports: false,
    words: {
      proto: (cursor) => {
        protocol = readProtocol(cursor);
      },
    },
    layers: (draft) => [payloadOf(draft)],
  };
}
