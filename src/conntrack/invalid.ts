// nf_conntrack_log_invalid: a line in the log for packets that are no valid part of a connection.

import type { HookPoint, Netns, Packet } from '../core/index.ts';
import { LOG_INVALID, sysctlOf } from './sysctl.ts';

/** nf_l4proto_log_invalid(); 255 (IPPROTO_RAW) logs every protocol. */
export function logInvalid(netns: Netns, packet: Packet, point: HookPoint, why: string): void {
  const wanted = sysctlOf(netns, LOG_INVALID);
  if (wanted === 0 || netns.log === null) return;
  if (wanted !== packet.l4proto && wanted !== 255) return;
  const prefix = `nf_ct_proto_${packet.l4proto}: ${why} `;
  netns.log.log(packet, { prefix, level: 4, flags: 0 }, point.hook);
}
