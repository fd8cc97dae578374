// NFQNL_MSG_VERDICT and NFQNL_MSG_VERDICT_BATCH as the kernel reads them.

import { viewOf } from '../../bytes/index.ts';
import {
  CTA_LABELS,
  CTA_MARK,
  NFNL_SUBSYS_QUEUE,
  NFQA_CT,
  NFQA_MARK,
  NFQA_PAYLOAD,
  NFQA_VERDICT_HDR,
  NFQNL_MSG_VERDICT,
  NFQNL_MSG_VERDICT_BATCH,
} from '../../uapi/index.ts';
import { Attributes } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, type Message } from '../message.ts';

export interface QueueVerdict {
  readonly queue: number;
  /** For every packet up to this one. */
  readonly batch: boolean;
  readonly id: number;
  /** NF_*, with what belongs in its upper bits. */
  readonly verdict: number;
  readonly mark?: number;
  readonly ctMark?: number;
  readonly ctLabel?: Uint8Array;
  readonly payload?: Uint8Array;
  /** Types of attributes not known here. */
  readonly unknown?: readonly number[];
}

const VERDICT = (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_VERDICT;
const BATCH = (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_VERDICT_BATCH;

function connection(attributes: Attributes): Pick<QueueVerdict, 'ctMark' | 'ctLabel'> {
  if (!attributes.has(NFQA_CT)) return {};
  const ct = attributes.nested(NFQA_CT);
  return {
    ...(ct.has(CTA_MARK) && { ctMark: ct.u32be(CTA_MARK) }),
    ...(ct.has(CTA_LABELS) && { ctLabel: ct.bytes(CTA_LABELS) }),
  };
}

export function decodeVerdict(message: Message, littleEndian: boolean): QueueVerdict | Malformed {
  if (message.type !== VERDICT && message.type !== BATCH)
    return malformed(`message type ${message.type} is no verdict`);
  const header = decodeNfgenmsg(message.payload);
  if ('ok' in header) return header;
  const attributes = new Attributes(header.attributes, littleEndian);
  const said = attributes.bytes(NFQA_VERDICT_HDR);
  if (said.length < 8) return malformed(`NFQA_VERDICT_HDR: 8 bytes wanted, ${said.length} there`);
  const verdict: QueueVerdict = {
    queue: header.resId,
    batch: message.type === BATCH,
    verdict: viewOf(said).getUint32(0),
    id: viewOf(said).getUint32(4),
    ...(attributes.has(NFQA_MARK) && { mark: attributes.u32be(NFQA_MARK) }),
    ...connection(attributes),
    ...(attributes.has(NFQA_PAYLOAD) && { payload: attributes.bytes(NFQA_PAYLOAD) }),
  };
  if (attributes.error !== undefined) return malformed(attributes.error);
  const { unread } = attributes;
  return unread.length === 0 ? verdict : { ...verdict, unknown: unread };
}
