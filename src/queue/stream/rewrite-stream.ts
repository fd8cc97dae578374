// rewriteStream: a handler that changes bytes of TCP streams.

import type { Clock } from '../../core/index.ts';
import { NFQA_SKB_CSUMNOTREADY } from '../../uapi/index.ts';
import { defineHandler, type HandlerModule } from '../handler.ts';
import type { ConnectionCounts } from './connections.ts';
import type { CourseOptions } from './course.ts';
import { Rewriter } from './rewriter.ts';
import { type Find, findRules, type Rule } from './rules.ts';

/** Patterns, or what makes a function that finds the changes of one connection. */
export type StreamRules = readonly Rule[] | (() => Find);

export interface StreamOptions {
  /** Changes of what the client says: who sent the first SYN. */
  readonly toServer?: StreamRules;
  /** Changes of what the server says. */
  readonly toClient?: StreamRules;
  /** What the handler wants to see, in nft words; it has to see both directions. */
  readonly match?: string;
  /** Bytes that may wait for the rest of a match. Default 4096. */
  readonly hold?: number;
  /** Bytes that patterns may look back at. Default 64. */
  readonly lookBehind?: number;
  /** Decide at PSH what waits. Nothing is late then, but a match across two writes is missed. */
  readonly flushOnPush?: boolean;
  /** Segments are asked to be so much shorter, so that they may grow. Default 128. */
  readonly headroom?: number;
  /** Connections known at a time; others go on as they are. Default 16384. */
  readonly connections?: number;
  /** Bytes kept for one direction; without room for more changes segments wait. Default 1 MiB. */
  readonly memory?: number;
  /** Bytes kept for all of them. Default 64 MiB. */
  readonly totalMemory?: number;
}

export interface StreamHandler extends HandlerModule {
  readonly counts: Readonly<ConnectionCounts>;
}

function courses(
  rules: StreamRules | undefined,
  { hold = 4096, lookBehind = 64 }: StreamOptions,
): (() => CourseOptions) | undefined {
  if (rules === undefined) return undefined;
  if (typeof rules === 'function') return () => ({ find: rules(), hold, lookBehind });
  const options = { find: findRules(rules), hold, lookBehind };
  return () => options;
}

/**
 * A handler that replaces what patterns match in TCP streams, also across segments. What becomes longer
 * or shorter is told to neither end: sequence numbers, acknowledgements and SACK blocks are moved both
 * ways for as long as the connection lives, and what is sent again is changed again.
 *
 * Connection tracking sees the numbers of one side where it stands, and takes those of the other for
 * wrong ones when lengths change: with address translation, or rules on `ct state invalid`, set
 * `net.netfilter.nf_conntrack_tcp_be_liberal` to 1. Each packet is to come by once, in one hook.
 * @throws TypeError for a pattern that a stream cannot be searched for
 *
 * @example
 * export default rewriteStream({
 *   match: 'meta l4proto tcp ct original proto-dst 80',
 *   toClient: [['Server: nginx', 'Server: sluice']],
 * });
 */
export function rewriteStream(options: StreamOptions): StreamHandler {
  const rewriter = new Rewriter({
    toServer: courses(options.toServer, options),
    toClient: courses(options.toClient, options),
    most: options.connections ?? 16_384,
    memory: options.memory ?? 1 << 20,
    totalMemory: options.totalMemory ?? 64 << 20,
    headroom: options.headroom ?? 128,
    flushOnPush: options.flushOnPush ?? false,
  });
  let clock: Clock | undefined;
  return defineHandler({
    ...(options.match !== undefined && { match: options.match }),
    counts: rewriter.connections.counts,
    open(context) {
      clock = context.clock;
    },
    handle(packet) {
      if (packet.truncated || packet.protocol !== 6) return;
      const trusted = (packet.message.skbInfo & NFQA_SKB_CSUMNOTREADY) !== 0;
      const made = rewriter.rewrite(packet.bytes, trusted, packet.gso, clock?.now() ?? 0);
      if (made !== undefined) packet.bytes = made;
    },
  });
}
