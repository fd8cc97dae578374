/**
 * Packet handlers: what a queue hands over, judged and edited by a function, with lengths, checksums
 * and stuck packets taken care of. The same handler runs on any {@link QueueTransport}.
 */
export * from './bench.ts';
export type { PacketSurroundings } from './described.ts';
export * from './handler.ts';
export * from './memory.ts';
export { type ConnectionInfo, type ConnectionState, ctInfoOf } from './meta.ts';
export { QueuedPacket } from './packet.ts';
export * from './runner.ts';
export { type Cause, Histogram, newStatistics, type QueueStatistics } from './statistics.ts';
export * from './stream/rewrite-stream.ts';
export type { Find, Found, Replacement, Rule } from './stream/rules.ts';
export * from './transport.ts';
export * from './verdict.ts';
