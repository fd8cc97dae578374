/** Netlink messages to data and back: framing, attributes, errors, and nf_tables. Pure. */

/** What batches and dumps are made of. */
export type { Batch, Change, Program } from '../program/index.ts';
export { type Attribute, Attributes, AttributeWriter, Faults, type Kept } from './attributes.ts';
export * from './conntrack/connection.ts';
export * from './conntrack/expectation.ts';
export type { CtTcpPeer } from './conntrack/protoinfo.ts';
export * from './conntrack/statistics.ts';
export * from './conntrack/timeout.ts';
export type { CtTuple } from './conntrack/tuple.ts';
export * from './error.ts';
export * from './groups.ts';
export * from './log/config.ts';
export * from './log/packet.ts';
export * from './malformed.ts';
export * from './message.ts';
export { assembleBatch, assembleProgram } from './nftables/assemble.ts';
export {
  type DecodeOptions,
  decodeNft,
  type NftMessage,
  type WireChange,
} from './nftables/decode.ts';
export { datagram, type EncodedBatch, type EncodeOptions, encodeBatch } from './nftables/encode.ts';
export { familyOf } from './nftables/family.ts';
export * from './nftables/requests.ts';
export { type ResetChange, replaced, resetRequest } from './nftables/resets.ts';
export { decodeTrace, type NftTrace } from './nftables/trace.ts';
export { Unencodable } from './nftables/unencodable.ts';
export * from './queue/config.ts';
export * from './queue/packet.ts';
export * from './queue/packet-write.ts';
export * from './queue/verdict.ts';
export * from './queue/verdict-read.ts';
export * from './route.ts';
