// NFULNL_MSG_CONFIG: a group bound, unbound and set up (nfulnl_recv_config(), net/netfilter/nfnetlink_log.c).

import {
  NFNL_SUBSYS_ULOG,
  NFULA_CFG_CMD,
  NFULA_CFG_FLAGS,
  NFULA_CFG_MODE,
  NFULA_CFG_NLBUFSIZ,
  NFULA_CFG_QTHRESH,
  NFULA_CFG_TIMEOUT,
  NFULNL_CFG_CMD_BIND,
  NFULNL_CFG_CMD_UNBIND,
  NFULNL_CFG_F_CONNTRACK,
  NFULNL_COPY_PACKET,
  NFULNL_MSG_CONFIG,
  NLM_F_ACK,
  NLM_F_REQUEST,
} from '../../uapi/index.ts';
import { Attributes, AttributeWriter } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';

/** One configuration message; what is absent stays as it is. */
export interface LogConfig {
  readonly group: number;
  /** NFULNL_CFG_CMD_*. */
  readonly command?: number;
  /** NFULNL_COPY_*, and bytes of a packet; 0 means as many as a message holds. */
  readonly copyMode?: number;
  readonly copyRange?: number;
  /** Bytes the kernel gathers before it sends them. */
  readonly bufferSize?: number;
  /** Hundredths of a second it waits for more. */
  readonly timeout?: number;
  /** Packets it gathers before it sends them. */
  readonly threshold?: number;
  /** NFULNL_CFG_F_*. */
  readonly flags?: number;
  /** Attributes of types not known here, by type. */
  readonly unknown?: Readonly<Record<number, Uint8Array>>;
}

const be32 = (value: number): number[] => [value >>> 24, value >>> 16, value >>> 8, value];

export function encodeLogConfig(config: LogConfig, seq: number, littleEndian: boolean): Message {
  const out = new AttributeWriter(littleEndian);
  const { command, copyMode, copyRange = 0, bufferSize, timeout, threshold, flags } = config;
  if (command !== undefined) out.u8(NFULA_CFG_CMD, command);
  if (copyMode !== undefined)
    out.bytes(NFULA_CFG_MODE, Uint8Array.of(...be32(copyRange), copyMode, 0));
  if (bufferSize !== undefined) out.u32be(NFULA_CFG_NLBUFSIZ, bufferSize);
  if (timeout !== undefined) out.u32be(NFULA_CFG_TIMEOUT, timeout);
  if (threshold !== undefined) out.u32be(NFULA_CFG_QTHRESH, threshold);
  if (flags !== undefined) out.u16be(NFULA_CFG_FLAGS, flags);
  for (const [type, bytes] of Object.entries(config.unknown ?? {})) out.bytes(Number(type), bytes);
  return {
    type: (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    seq,
    pid: 0,
    payload: encodeNfgenmsg(0, out.finish(), config.group),
  };
}

function modeOf(attributes: Attributes): Pick<LogConfig, 'copyMode' | 'copyRange'> {
  if (!attributes.has(NFULA_CFG_MODE)) return {};
  const bytes = attributes.bytes(NFULA_CFG_MODE);
  if (bytes.length < 5) {
    attributes.fail(`NFULA_CFG_MODE: 5 bytes wanted, ${bytes.length} there`);
    return {};
  }
  const range = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { copyMode: bytes[4]!, copyRange: range };
}

/** The other way; a message of the wrong type is a mistake of the caller's. */
export function decodeLogConfig(message: Message, littleEndian: boolean): LogConfig | Malformed {
  const header = decodeNfgenmsg(message.payload);
  if ('ok' in header) return header;
  const a = new Attributes(header.attributes, littleEndian);
  const config: LogConfig = {
    group: header.resId,
    ...(a.has(NFULA_CFG_CMD) && { command: a.u8(NFULA_CFG_CMD) }),
    ...modeOf(a),
    ...(a.has(NFULA_CFG_NLBUFSIZ) && { bufferSize: a.u32be(NFULA_CFG_NLBUFSIZ) }),
    ...(a.has(NFULA_CFG_TIMEOUT) && { timeout: a.u32be(NFULA_CFG_TIMEOUT) }),
    ...(a.has(NFULA_CFG_QTHRESH) && { threshold: a.u32be(NFULA_CFG_QTHRESH) }),
    ...(a.has(NFULA_CFG_FLAGS) && { flags: a.u16be(NFULA_CFG_FLAGS) }),
  };
  const unknown = a.unread.map((type) => [type, a.bytes(type)] as const);
  if (a.error !== undefined) return malformed(a.error);
  return unknown.length === 0 ? config : { ...config, unknown: Object.fromEntries(unknown) };
}

/** Hundredths of a second: what is logged is seen at once, and still several in a message under load. */
const TIMEOUT = 1;
const THRESHOLD = 32;

/** A group whose packets come whole, or `copyRange` bytes of each. */
export const logBinding = (group: number, copyRange = 0): LogConfig => ({
  group,
  command: NFULNL_CFG_CMD_BIND,
  copyMode: NFULNL_COPY_PACKET,
  copyRange,
  timeout: TIMEOUT,
  threshold: THRESHOLD,
});

export const logUnbinding = (group: number): LogConfig => ({
  group,
  command: NFULNL_CFG_CMD_UNBIND,
});

/** With the connection of each packet, where nf_conntrack_netlink is there to describe it. */
export const logConnections = (group: number): LogConfig => ({
  group,
  flags: NFULNL_CFG_F_CONNTRACK,
});
