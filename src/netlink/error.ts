// What the kernel answers: NLMSG_ERROR with a negative errno, the header of the message it is about
// and, with NETLINK_EXT_ACK, a sentence (Documentation/userspace-api/netlink/intro.rst).

import { utf8Decode, viewOf } from '../bytes/index.ts';
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from '../uapi/index.ts';
import { Attributes, align4 } from './attributes.ts';
import { type Malformed, malformed } from './malformed.ts';
import { type Message, NFGENMSG_LEN, NLMSG_HDRLEN } from './message.ts';

/** An acknowledgement or a refusal, as data. */
export interface NetlinkError {
  readonly ok: true;
  /** Positive; 0 acknowledges. */
  readonly errno: number;
  /** Of the message that is answered. */
  readonly seq: number;
  readonly type: number;
  /** The kernel's sentence, where it gives one. */
  readonly message?: string;
  /** Where in the message the fault is, in bytes from its nlmsghdr. */
  readonly offset?: number;
}

export const isErrorType = (type: number): boolean => type === NLMSG_ERROR;
export const isError = (message: Message): boolean => isErrorType(message.type);
export const isDone = (message: Message): boolean => message.type === NLMSG_DONE;

/** Reads the payload of an NLMSG_ERROR: struct nlmsgerr and the attributes after it. */
export function decodeError(message: Message, littleEndian: boolean): NetlinkError | Malformed {
  const { payload, flags } = message;
  if (payload.length < 4 + NLMSG_HDRLEN)
    return malformed(`nlmsgerr: ${payload.length} bytes of 20`);
  const view = viewOf(payload);
  const errno = -view.getInt32(0, littleEndian);
  const about = { seq: view.getUint32(12, littleEndian), type: view.getUint16(8, littleEndian) };
  const base = { ok: true, errno: Math.abs(errno), ...about } as const;
  if ((flags & NLM_F_ACK_TLVS) === 0) return base;
  // Without NLM_F_CAPPED the whole message is repeated before the attributes.
  const length = view.getUint32(4, littleEndian);
  const skip = (flags & NLM_F_CAPPED) === 0 ? align4(length) : NLMSG_HDRLEN;
  if (4 + skip > payload.length) return malformed(`nlmsgerr: message of ${length} bytes inside`);
  const attributes = new Attributes(payload.subarray(4 + skip), littleEndian);
  const error = {
    ...base,
    ...(attributes.has(NLMSGERR_ATTR_MSG) && { message: attributes.text(NLMSGERR_ATTR_MSG) }),
    ...(attributes.has(NLMSGERR_ATTR_OFFS) && { offset: attributes.u32host(NLMSGERR_ATTR_OFFS) }),
  };
  return attributes.error === undefined ? error : malformed(attributes.error);
}

/** The kernel's own words about a refusal, with the place they are about. */
export function refusalText({ message, offset }: NetlinkError): string | undefined {
  const where = offset === undefined ? undefined : `at byte ${offset} of the message`;
  if (message === undefined) return where;
  return where === undefined ? message : `${message} (${where})`;
}

/** What a refused message holds at the place that the kernel points to. */
export interface Blamed {
  /** A name, or a number of eight bytes. */
  readonly word: string;
  /** How many attributes before it hold the same. */
  readonly before: number;
}

const wordOf = (bytes: Uint8Array): string | undefined => {
  const text = utf8Decode(bytes);
  if (/^[\x21-\x7e]+\0$/.test(text)) return text.slice(0, -1);
  return bytes.length === 8 ? String(viewOf(bytes).getBigUint64(0)) : undefined;
};

/** `offset` counts from the nlmsghdr, to the attribute's header (nl_extack.bad_attr). */
export function blamedAt(
  payload: Uint8Array,
  offset: number,
  littleEndian: boolean,
): Blamed | undefined {
  let before: string[] = [];
  for (const { at, bytes } of placedAttributes(payload, littleEndian)) {
    const word = wordOf(bytes);
    if (NLMSG_HDRLEN + at === offset && word !== undefined)
      return { word, before: before.filter((one) => one === word).length };
    if (word !== undefined) before = [...before, word];
  }
  return undefined;
}

/** Attributes at the top of a message of nfnetlink, and where they begin. */
function* placedAttributes(payload: Uint8Array, littleEndian: boolean) {
  const view = viewOf(payload);
  for (let at = NFGENMSG_LEN; at + 4 <= payload.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < 4 || at + length > payload.length) return;
    yield { at, bytes: payload.subarray(at + 4, at + length) };
    at += align4(length);
  }
}
