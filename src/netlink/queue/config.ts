// NFQNL_MSG_CONFIG: a queue bound, unbound and set up (nfqnl_recv_config()).

import {
  NFNL_SUBSYS_QUEUE,
  NFQA_CFG_CMD,
  NFQA_CFG_F_CONNTRACK,
  NFQA_CFG_F_FAIL_OPEN,
  NFQA_CFG_F_GSO,
  NFQA_CFG_F_SECCTX,
  NFQA_CFG_F_UID_GID,
  NFQA_CFG_FLAGS,
  NFQA_CFG_MASK,
  NFQA_CFG_PARAMS,
  NFQA_CFG_QUEUE_MAXLEN,
  NFQNL_CFG_CMD_BIND,
  NFQNL_CFG_CMD_UNBIND,
  NFQNL_COPY_META,
  NFQNL_COPY_PACKET,
  NFQNL_MSG_CONFIG,
  NLM_F_ACK,
  NLM_F_REQUEST,
} from '../../uapi/index.ts';
import { Attributes, AttributeWriter } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';

/** One configuration message; what is absent stays as it is. */
export interface QueueConfig {
  readonly queue: number;
  /** NFQNL_CFG_CMD_*, and the family that the commands for a whole family name. */
  readonly command?: number;
  readonly family?: number;
  /** NFQNL_COPY_* and how many bytes of a packet; 0 means as many as a message holds. */
  readonly copyMode?: number;
  readonly copyRange?: number;
  /** How many packets wait at most. */
  readonly maxLength?: number;
  /** NFQA_CFG_F_*, and which of them are meant. */
  readonly flags?: number;
  readonly mask?: number;
  /** Attributes of types not known here, by type. */
  readonly unknown?: Readonly<Record<number, Uint8Array>>;
}

export function encodeQueueConfig(
  config: QueueConfig,
  seq: number,
  littleEndian: boolean,
): Message {
  const out = new AttributeWriter(littleEndian);
  const { command, family = 0, copyMode, copyRange = 0, maxLength, flags, mask } = config;
  if (command !== undefined) {
    out.bytes(NFQA_CFG_CMD, Uint8Array.of(command, 0, family >>> 8, family));
  }
  if (copyMode !== undefined) {
    const range = [copyRange >>> 24, copyRange >>> 16, copyRange >>> 8, copyRange];
    out.bytes(NFQA_CFG_PARAMS, Uint8Array.of(...range, copyMode));
  }
  if (maxLength !== undefined) out.u32be(NFQA_CFG_QUEUE_MAXLEN, maxLength);
  if (flags !== undefined) {
    out.u32be(NFQA_CFG_FLAGS, flags);
    out.u32be(NFQA_CFG_MASK, mask ?? flags);
  }
  for (const [type, bytes] of Object.entries(config.unknown ?? {})) out.bytes(Number(type), bytes);
  return {
    type: (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_CONFIG,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    seq,
    pid: 0,
    payload: encodeNfgenmsg(0, out.finish(), config.queue),
  };
}

/** The other way; a message of the wrong type is a mistake of the caller's. */
export function decodeQueueConfig(
  message: Message,
  littleEndian: boolean,
): QueueConfig | Malformed {
  const header = decodeNfgenmsg(message.payload);
  if ('ok' in header) return header;
  const attributes = new Attributes(header.attributes, littleEndian);
  const config: QueueConfig = {
    queue: header.resId,
    ...commandOf(attributes),
    ...paramsOf(attributes),
    ...(attributes.has(NFQA_CFG_QUEUE_MAXLEN) && {
      maxLength: attributes.u32be(NFQA_CFG_QUEUE_MAXLEN),
    }),
    ...(attributes.has(NFQA_CFG_FLAGS) && { flags: attributes.u32be(NFQA_CFG_FLAGS) }),
    ...(attributes.has(NFQA_CFG_MASK) && { mask: attributes.u32be(NFQA_CFG_MASK) }),
  };
  const unknown = attributes.unread.map((type) => [type, attributes.bytes(type)] as const);
  if (attributes.error !== undefined) return malformed(attributes.error);
  return unknown.length === 0 ? config : { ...config, unknown: Object.fromEntries(unknown) };
}

function commandOf(attributes: Attributes): Pick<QueueConfig, 'command' | 'family'> {
  if (!attributes.has(NFQA_CFG_CMD)) return {};
  const bytes = attributes.bytes(NFQA_CFG_CMD);
  if (bytes.length < 4) attributes.fail(`NFQA_CFG_CMD: 4 bytes wanted, ${bytes.length} there`);
  return { command: bytes[0] ?? 0, family: ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0) };
}

function paramsOf(attributes: Attributes): Pick<QueueConfig, 'copyMode' | 'copyRange'> {
  if (!attributes.has(NFQA_CFG_PARAMS)) return {};
  const bytes = attributes.bytes(NFQA_CFG_PARAMS);
  if (bytes.length < 5) attributes.fail(`NFQA_CFG_PARAMS: 5 bytes wanted, ${bytes.length} there`);
  const range = new DataView(Uint8Array.from({ length: 4 }, (_, i) => bytes[i] ?? 0).buffer);
  return { copyMode: bytes[4] ?? 0, copyRange: range.getUint32(0) };
}

/** The most the kernel copies of a packet: NFQNL_MAX_COPY_RANGE. */
export const COPY_RANGE = 0xffff - 4;
/** Packets that wait at most, where nobody says otherwise; the kernel's own default is 1024. */
export const QUEUE_LENGTH = 8192;

/** A queue as somebody wants it. */
export interface QueueBinding {
  readonly queue: number;
  /** What is copied of a packet: nothing but what is known of it, or its first bytes. */
  readonly copy?: 'meta' | 'packet';
  readonly copyRange?: number;
  /** Packets that wait in the kernel at most; more are dropped, or let through with `failOpen`. */
  readonly maxLength?: number;
  readonly failOpen?: boolean;
  /** Large packets come as they are, not cut into segments. */
  readonly gso?: boolean;
  readonly uidGid?: boolean;
  readonly conntrack?: boolean;
  readonly secctx?: boolean;
}

const flagsOf = ({ failOpen, conntrack, gso, uidGid, secctx }: QueueBinding): number =>
  (failOpen ? NFQA_CFG_F_FAIL_OPEN : 0) |
  (conntrack ? NFQA_CFG_F_CONNTRACK : 0) |
  (gso ? NFQA_CFG_F_GSO : 0) |
  (uidGid ? NFQA_CFG_F_UID_GID : 0) |
  (secctx ? NFQA_CFG_F_SECCTX : 0);

/** Everything in one message, so that no packet meets a queue that is half set up. */
export function queueBinding(binding: QueueBinding): QueueConfig {
  const flags = flagsOf(binding);
  return {
    queue: binding.queue,
    command: NFQNL_CFG_CMD_BIND,
    copyMode: binding.copy === 'meta' ? NFQNL_COPY_META : NFQNL_COPY_PACKET,
    copyRange: binding.copyRange ?? COPY_RANGE,
    maxLength: binding.maxLength ?? QUEUE_LENGTH,
    ...(flags !== 0 && { flags }),
  };
}

export const queueUnbinding = (queue: number): QueueConfig => ({
  queue,
  command: NFQNL_CFG_CMD_UNBIND,
});
