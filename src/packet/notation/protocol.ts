import type { BuildPart } from '../build/build.ts';
import type { Cursor, Token } from './cursor.ts';
import type { Draft, Words } from './draft.ts';
import type { Endpoint } from './endpoint.ts';

export type Pair = readonly [source: Endpoint, destination: Endpoint];

/**
 * Reads a packet within a packet, in parentheses or up to the end; words about the way belong to
 * `outer`.
 */
export type ReadInner = (cursor: Cursor, outer: Draft) => Uint8Array;

/**
 * How the notation of one protocol is read. Made anew for each packet: it keeps what its words
 * said.
 */
export interface ProtocolParser {
  /** IPPROTO_* */
  readonly protocol: number;
  /** Endpoints have ports. */
  readonly ports: boolean;
  /** Its own words; they win over those of every packet. */
  readonly words: Words;
  /** A word that is in no table; true where it was understood. */
  readonly other?: (token: Token, cursor: Cursor) => boolean;
  /** What follows the IP header. */
  readonly layers: (draft: Draft, pair: Pair) => readonly BuildPart[];
}

/** Sources that have no port use this one, as a client would. */
export const DEFAULT_SOURCE_PORT = 40000;

/** Ports of the endpoints, or those that `sport` and `dport` gave. */
export const portsOf = (draft: Draft, [source, destination]: Pair) => ({
  sourcePort: draft.sourcePort ?? source.port ?? DEFAULT_SOURCE_PORT,
  destinationPort: draft.destinationPort ?? destination.port ?? 0,
});

/** A checksum only where one was given. */
export const givenChecksum = (draft: Draft) =>
  draft.checksum === undefined ? {} : { checksum: draft.checksum };
