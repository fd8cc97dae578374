import { unhex } from '../../bytes/index.ts';
import { IPPROTO_TCP, TCPHDR_ACK, TCPHDR_PSH, TCPHDR_SYN } from '../../uapi/index.ts';
import { tcp } from '../build/transport.ts';
import { TCP_FLAG_NAMES, type TcpFields } from '../tcp.ts';
import type { TcpOption } from '../tcp-options.ts';
import { type Cursor, fail, own } from './cursor.ts';
import { payloadOf, readEcn, type Word, type Words } from './draft.ts';
import { givenChecksum, type ProtocolParser, portsOf } from './protocol.ts';
import { ECN } from './words.ts';

/** The window of a SYN from Linux with an MTU of 1500. */
export const DEFAULT_WINDOW = 64240;

const FLAGS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(TCP_FLAG_NAMES),
  ece: 0x40,
  ae: 0x100,
};

/** tcpdump's letters, as in `[S.]`. */
const LETTERS: Readonly<Record<string, number>> = {
  f: 0x01,
  s: 0x02,
  r: 0x04,
  p: 0x08,
  '.': 0x10,
  u: 0x20,
  e: 0x40,
  w: 0x80,
};

/** What the words said; undefined means that a likely value is chosen. */
interface TcpWords {
  flags: number | undefined;
  sequence: number | undefined;
  acknowledgment: number | undefined;
  window: number;
  urgent: number;
  options: TcpOption[];
}

/**
 * Without flags a packet is a SYN, or with data a PSH and ACK. Numbers that are not given are those
 * of a conversation whose both sides began at 0: so `syn`, `syn,ack`, `ack` are a handshake.
 */
export function likelyNumbers(flags: number): { sequence: number; acknowledgment: number } {
  return {
    sequence: flags & TCPHDR_SYN ? 0 : 1,
    acknowledgment: flags & TCPHDR_ACK ? 1 : 0,
  };
}

function fieldsOf(said: TcpWords, hasData: boolean): Partial<TcpFields> {
  const flags = said.flags ?? (hasData ? TCPHDR_PSH | TCPHDR_ACK : TCPHDR_SYN);
  const likely = likelyNumbers(flags);
  return {
    flags,
    sequence: said.sequence ?? likely.sequence,
    acknowledgment: said.acknowledgment ?? likely.acknowledgment,
    window: said.window,
    urgentPointer: said.urgent,
    options: said.options,
  };
}

/** `sack 100-200 300-400`; a lone `sack` is the option that permits them. */
function readSack(cursor: Cursor): TcpOption {
  const blocks: [number, number][] = [];
  for (;;) {
    const match = /^(\d+)[-:](\d+)$/.exec(cursor.peek()?.text ?? '');
    if (match === null) break;
    cursor.next('a block');
    blocks.push([Number(match[1]) >>> 0, Number(match[2]) >>> 0]);
  }
  return blocks.length === 0 ? { name: 'sackPermitted' } : { name: 'sack', blocks };
}

/** `0x…`, or nothing; other words are not taken, for `df` could be hexadecimal. */
function readPrefixedHex(cursor: Cursor): Uint8Array {
  const token = cursor.peek();
  if (token?.kind !== 'word' || !token.text.startsWith('0x')) return new Uint8Array(0);
  cursor.next('hexadecimal');
  if (!/^0x(?:[0-9a-f]{2})*$/.test(token.text)) {
    throw fail(token, 'hexadecimal has two digits a byte');
  }
  return unhex(token.text);
}

function readTimestamps(cursor: Cursor): TcpOption {
  const value = cursor.number('the timestamp', 0xffffffff);
  const echo = cursor.atNumber ? cursor.number('the echoed timestamp', 0xffffffff) : 0;
  return { name: 'timestamps', value, echo };
}

function optionWords(said: TcpWords): Words {
  const add = (read: (cursor: Cursor) => TcpOption): Word => {
    return (cursor) => {
      said.options.push(read(cursor));
    };
  };
  const permitted = add(() => ({ name: 'sackPermitted' }));
  const scale = add((c) => ({ name: 'windowScale', shift: c.number('the window scale', 255) }));
  return {
    mss: add((c) => ({ name: 'mss', mss: c.number('the MSS', 65535) })),
    wscale: scale,
    ws: scale,
    sack: add(readSack),
    sackok: permitted,
    'sack-permitted': permitted,
    ts: add(readTimestamps),
    nop: add(() => ({ name: 'nop' })),
    eol: add(() => ({ name: 'eol' })),
    tfo: add((c) => ({ name: 'fastOpen', cookie: readPrefixedHex(c) })),
    md5: add((c) => ({ name: 'md5', digest: readPrefixedHex(c) })),
    mptcp: add((c) => ({ name: 'mptcp', data: readPrefixedHex(c) })),
    opt: add((c) => {
      const kind = c.number('the option kind', 255);
      return { name: 'unknown', kind, data: readPrefixedHex(c) };
    }),
  };
}

function numberWords(said: TcpWords): Words {
  const addFlag = (flag: number) => {
    said.flags = (said.flags ?? 0) | flag;
  };
  return {
    // Alone a flag, with a number the field, which implies the flag.
    ack: (cursor) => {
      addFlag(TCPHDR_ACK);
      if (cursor.atNumber) said.acknowledgment = cursor.number('the acknowledgment', 0xffffffff);
    },
    urg: (cursor) => {
      addFlag(0x20);
      if (cursor.atNumber) said.urgent = cursor.number('the urgent pointer', 65535);
    },
    seq: (cursor) => {
      said.sequence = cursor.number('the sequence number', 0xffffffff);
    },
    // With a code point of IP's the word is IP's own.
    ecn: (cursor, draft) => {
      const token = cursor.peek();
      const isName = token !== undefined && own(ECN, token.text) !== undefined;
      const isCodePoint = isName || cursor.atNumber;
      if (isCodePoint) readEcn(cursor, draft);
      else addFlag(0x40);
    },
    // The field without its flag, for packets that should not be.
    'ack-number': (cursor) => {
      said.acknowledgment = cursor.number('the acknowledgment', 0xffffffff);
    },
    'urg-pointer': (cursor) => {
      said.urgent = cursor.number('the urgent pointer', 65535);
    },
    win: (cursor) => {
      said.window = cursor.number('the window', 65535);
    },
    window: (cursor) => {
      said.window = cursor.number('the window', 65535);
    },
    'no-flags': () => {
      said.flags = 0;
    },
    flags: (cursor) => {
      const token = cursor.next('the flags');
      const flags = flagsOf(token.text);
      if (flags === undefined) throw fail(token, `'${token.raw}' are no TCP flags`, 'syn');
      addFlag(flags);
    },
  };
}

/** `syn`, `syn/ack`, `syn|ack`, `synack`, `[S.]`, `none`. */
function flagsOf(text: string): number | undefined {
  if (text === 'none') return 0;
  if (text === 'synack') return 0x12;
  const letters = /^\[([fsrp.uew]+)\]$/.exec(text)?.[1];
  if (letters !== undefined) return [...letters].reduce((all, l) => all | (LETTERS[l] ?? 0), 0);
  let flags = 0;
  for (const name of text.split(/[/|+]/)) {
    const flag = own(FLAGS, name);
    if (flag === undefined) return undefined;
    flags |= flag;
  }
  return flags;
}

export function tcpParser(): ProtocolParser {
  const said: TcpWords = {
    flags: undefined,
    sequence: undefined,
    acknowledgment: undefined,
    window: DEFAULT_WINDOW,
    urgent: 0,
    options: [],
  };
  const flagWords = Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]) => [
      name,
      () => {
        said.flags = (said.flags ?? 0) | flag;
      },
    ]),
  );
  return {
    protocol: IPPROTO_TCP,
    ports: true,
    words: { ...flagWords, ...numberWords(said), ...optionWords(said) },
    other: (token) => {
      const flags = flagsOf(token.text);
      if (flags === undefined) return false;
      said.flags = (said.flags ?? 0) | flags;
      return true;
    },
    layers: (draft, pair) => {
      const data = payloadOf(draft);
      const fields = {
        ...portsOf(draft, pair),
        ...fieldsOf(said, data.length > 0),
        ...givenChecksum(draft),
      };
      return [tcp(fields), data];
    },
  };
}
