// H.323 as three helpers: RAS with the gatekeeper, Q.931 for calls, H.245 for their channels.

import type { Verdict } from '../../core/index.ts';
import { ACCEPT } from '../../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../uapi/index.ts';
import type { HelperSpec } from '../helper.ts';
import { freshState, type H323Context, type H323State } from './addresses.ts';
import { callMessage, H245_HELPER, installExpected, Q931 } from './calls.ts';
import { controlMessage, MAX_CHANNELS } from './channels.ts';
import { H225 } from './h225.ts';
import { H245 } from './h245.ts';
import type { Asn1Type } from './notation.ts';
import { type Decoded, decodePer } from './per.ts';
import { isReadable, RAS, type RasOptions, rasMessage } from './ras.ts';
import { RAS_MODULE } from './ras-notation.ts';
import { nextMessage, type Span, userInformation } from './segments.ts';

const EXPECT_TIMEOUT = 240;
const BOTH = ['ip', 'ip6'] as const;

/** What a stream's messages are made of. */
interface Stream {
  type(): Asn1Type;
  /** Where the value lies in a message, null where there is none. */
  value(payload: Uint8Array, message: Span): Span | null;
  /** False: the packet must go. */
  handle(cx: H323Context, message: Decoded): boolean;
  readonly refusal: string;
}

/** q931_help(), h245_help(): messages of a segment, up to the first that is malformed. */
function helpStream(cx: H323Context, stream: Stream): Verdict {
  if (!cx.established) return ACCEPT;
  const { announced } = cx.state;
  let message = nextMessage(cx.payload, announced, cx.dir, null);
  while (message !== null) {
    const { payload } = cx;
    const span = stream.value(payload, message);
    const value = span === null ? null : decodePer(stream.type(), payload, span.from, span.to);
    if (value === null) return ACCEPT;
    if (!stream.handle(cx, value)) return cx.drop(stream.refusal);
    message = nextMessage(cx.payload, announced, cx.dir, message);
  }
  return ACCEPT;
}

export interface Q931Options {
  /** A forwarded call is not expected where both ends of it are on one side. Default true. */
  readonly callforwardFilter: boolean;
}

/** Call signalling, TCP port 1720. */
export function q931Helper(options: Partial<Q931Options> = {}): HelperSpec<H323State> {
  const { callforwardFilter = true } = options;
  const stream: Stream = {
    type: () => H225().get('H323-UserInformation')!,
    value: userInformation,
    handle: (cx, message) => callMessage(cx, message, callforwardFilter),
    refusal: 'cannot process Q.931 message',
  };
  const maxExpected = MAX_CHANNELS * 4 + 4;
  return {
    name: Q931,
    families: BOTH,
    protocols: [IPPROTO_TCP],
    policies: [{ name: Q931, maxExpected, timeout: EXPECT_TIMEOUT }],
    fresh: freshState,
    install: installExpected,
    help: (cx) => helpStream(cx, stream),
  };
}

/** Channels of a call. The kernel has it for UDP, where no rule finds a use for it; calls expect it over TCP. */
export function h245Helper(): HelperSpec<H323State> {
  const stream: Stream = {
    type: () => H245().get('MultimediaSystemControlMessage')!,
    value: (_, message) => message,
    handle: controlMessage,
    refusal: 'cannot process H.245 message',
  };
  const maxExpected = MAX_CHANNELS * 4 + 2;
  return {
    name: H245_HELPER,
    families: BOTH,
    protocols: [IPPROTO_UDP],
    policies: [{ name: H245_HELPER, maxExpected, timeout: EXPECT_TIMEOUT }],
    fresh: freshState,
    help: (cx) => helpStream(cx, stream),
  };
}

/** Registration, admission and status, UDP port 1719. */
export function rasHelper(options: Partial<RasOptions> = {}): HelperSpec<H323State> {
  const all = { defaultRrqTtl: 300, gkroutedOnly: true, ...options };
  return {
    name: RAS,
    families: BOTH,
    protocols: [IPPROTO_UDP],
    policies: [{ name: RAS, maxExpected: 32, timeout: EXPECT_TIMEOUT }],
    fresh: freshState,
    install: installExpected,
    help: (cx) => {
      const { payload } = cx;
      const message = decodePer(RAS_MODULE().get('RasMessage')!, payload, 0, payload.length);
      if (message === null || !isReadable(message, payload.length)) return ACCEPT;
      if (rasMessage(cx, message, all)) return ACCEPT;
      return cx.drop('cannot process RAS message');
    },
  };
}
