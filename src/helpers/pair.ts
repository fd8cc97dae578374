// RTP and RTCP: two ports beside each other, both free.

import type { ExpectationRequest } from '../conntrack/index.ts';
import { expectFrom } from '../nat/index.ts';
import type { HelperContext } from './context.ts';

/** From the port the first one is saved with, in steps of two; the first of the pair, 0 for none. */
export function expectPair<S>(
  cx: HelperContext<S>,
  rtp: ExpectationRequest,
  rtcp: ExpectationRequest,
): number {
  const port = freePair(cx, rtp, rtcp);
  cx.tell(rtp, port === 0 ? 'refused' : 'created', port === 0 ? 'no port' : '');
  return port;
}

function freePair<S>(
  cx: HelperContext<S>,
  rtp: ExpectationRequest,
  rtcp: ExpectationRequest,
): number {
  for (let port = rtp.savedPort!; port !== 0; port = (port + 2) & 0xffff) {
    const first = expectFrom(cx.ct, rtp, port);
    if (first === 'busy') continue;
    if (first !== 'ok') return 0;
    const second = expectFrom(cx.ct, rtcp, port + 1);
    if (second === 'ok') return port;
    cx.withdraw(rtp);
    if (second !== 'busy') return 0;
  }
  return 0;
}
