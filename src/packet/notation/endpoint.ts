import { parseIPv4, parseIPv6 } from '../../bytes/index.ts';
import { type Cursor, fail, own, type Token } from './cursor.ts';
import { nearest } from './error.ts';
import { SERVICES } from './words.ts';

/** One side of a packet. */
export interface Endpoint {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number | undefined;
}

interface Split {
  readonly address: string;
  readonly port: string | undefined;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`, and tcpdump's `10.0.0.1.80`. */
function split(text: string): Split {
  const bracketed = /^\[(.*)\](?:[:.](.*))?$/.exec(text);
  if (bracketed) return { address: bracketed[1] ?? '', port: bracketed[2] };
  const dotted = /^(\d+\.\d+\.\d+\.\d+)(?:[.:](.*))?$/.exec(text);
  if (dotted) return { address: dotted[1] ?? '', port: dotted[2] };
  const tcpdump6 = /^([0-9a-f:]*:[0-9a-f:]*)\.(\w+)$/.exec(text);
  if (tcpdump6) return { address: tcpdump6[1] ?? '', port: tcpdump6[2] };
  return { address: text, port: undefined };
}

function portOf(token: Token, text: string): number {
  const named = own(SERVICES, text);
  if (named !== undefined) return named;
  if (!/^\d+$/.test(text)) {
    throw fail(token, `'${text}' is no port`, nearest(text, Object.keys(SERVICES)));
  }
  if (Number(text) > 65535) throw fail(token, `port ${text} is more than 65535`);
  return Number(text);
}

/** An address and perhaps a port. */
function readEndpoint(cursor: Cursor, wanted: string): Endpoint {
  const token = cursor.next(wanted);
  const { address, port } = split(token.text);
  const family =
    parseIPv4(address) !== undefined ? 4 : parseIPv6(address) !== undefined ? 6 : undefined;
  if (family === undefined) throw fail(token, `'${token.raw}' is no address for ${wanted}`);
  return { family, address, port: port === undefined ? undefined : portOf(token, port) };
}

/** `source > destination`. */
export function readPair(cursor: Cursor): readonly [Endpoint, Endpoint] {
  const source = readEndpoint(cursor, 'the source address');
  const arrow = cursor.peek();
  if (arrow === undefined) throw cursor.missing("'>' and the destination address");
  if (!cursor.acceptKind('arrow') && !cursor.accept('to')) {
    throw fail(arrow, `'>' wanted before '${arrow.raw}'`);
  }
  const token = cursor.peek();
  const destination = readEndpoint(cursor, 'the destination address');
  if (source.family !== destination.family) {
    throw fail(token, 'source and destination are of different families');
  }
  return [source, destination];
}
