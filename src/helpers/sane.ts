// SANE (net/netfilter/nf_conntrack_sane.c): the answer to "start scanning" names the port the image
// comes from.

import { u16, u32 } from '../bytes/index.ts';
import { T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_TCP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';

const SANE_NET_START = 7;
const SANE_STATUS_SUCCESS = 0;
const REQUEST = 8;
const REPLY = 8;

/** The client has asked to start, and the next answer counts. */
interface SaneState {
  started: boolean;
}

function help(cx: HelperContext<SaneState>): Verdict {
  const { payload, state } = cx;
  if (!cx.established || payload.length === 0) return ACCEPT;
  if (cx.dir === 0) {
    if (payload.length === REQUEST) state.started = u32(payload, 0) === SANE_NET_START;
    return ACCEPT;
  }
  if (!state.started) return ACCEPT;
  state.started = false;
  if (payload.length < REPLY || u32(payload, 0) !== SANE_STATUS_SUCCESS) return ACCEPT;
  if (u16(payload, 4) !== 0) return ACCEPT;
  const original = cx.tuple(0);
  const announced = cx.announceExactly({
    port: u16(payload, 6),
    from: original.subarray(T_SRC, T_SRC + 4),
    to: original.subarray(T_DST, T_DST + 4),
  });
  return announced ? ACCEPT : cx.drop('cannot add expectation');
}

export const saneHelper = (): HelperSpec<SaneState> => ({
  name: 'sane',
  families: ['ip', 'ip6'],
  protocols: [IPPROTO_TCP],
  policies: [{ name: 'sane', maxExpected: 1, timeout: 300 }],
  fresh: () => ({ started: false }),
  help,
});
