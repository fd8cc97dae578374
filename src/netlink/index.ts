/** Netlink messages to data and back: framing, attributes, errors, and nf_tables. Pure. */
export { type Attribute, Attributes, AttributeWriter, Faults } from './attributes.ts';
export * from './error.ts';
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
export * from './nftables/requests.ts';
export { Unencodable } from './nftables/unencodable.ts';
export * from './queue/config.ts';
export * from './queue/packet.ts';
export * from './queue/packet-write.ts';
export * from './queue/verdict.ts';
export * from './queue/verdict-read.ts';
