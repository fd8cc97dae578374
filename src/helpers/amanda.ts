// Amanda (net/netfilter/nf_conntrack_amanda.c, nf_nat_amanda.c): the answer to a request for a backup names
// the ports its streams are waiting at.

import { T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT, NS_PER_SECOND } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';
import { decimalAt } from './text.ts';

const STREAMS = ['DATA ', 'MESG ', 'INDEX ', 'STATE '] as const;
const DIGITS = 5;

/** One stream of the CONNECT line; null where it names none. */
function announceStream(cx: HelperContext<null>, at: number, stop: number): Verdict | null {
  const { value, end } = decimalAt(cx.text.slice(0, Math.min(stop, at + DIGITS)), at);
  const port = value & 0xffff;
  if (port === 0) return null;
  const original = cx.tuple(0);
  const told = cx.announce({
    port,
    protocol: IPPROTO_TCP,
    from: original.subarray(T_SRC, T_SRC + 4),
    to: original.subarray(T_DST, T_DST + 4),
  });
  if (told === 0) return cx.drop(cx.translated ? 'all ports in use' : 'cannot add expectation');
  if (!cx.translated || cx.rewrite(at, end - at, String(told))) return ACCEPT;
  return cx.drop('cannot mangle packet');
}

function help(cx: HelperContext<null>, masterTimeout: number): Verdict {
  if (cx.dir === 0) return ACCEPT;
  cx.ct.store.refresh(cx.slot, masterTimeout * NS_PER_SECOND);
  const { text } = cx;
  const connect = text.indexOf('CONNECT ');
  if (connect < 0) return ACCEPT;
  const start = connect + 'CONNECT '.length;
  const stop = text.indexOf('\n', start);
  if (stop < 0) return ACCEPT;
  for (const stream of STREAMS) {
    // What is rewritten moves what stands behind; the kernel goes on searching in the old bounds.
    const at = cx.text.slice(0, stop).indexOf(stream, start);
    if (at < 0) continue;
    const verdict = announceStream(cx, at + stream.length, stop);
    if (verdict === null) return ACCEPT;
    if (verdict !== ACCEPT) return verdict;
  }
  return ACCEPT;
}

/** @param masterTimeout seconds the connection lasts: answers may take long. Default 300 */
export const amandaHelper = ({ masterTimeout = 300 } = {}): HelperSpec<null> => ({
  name: 'amanda',
  families: ['ip', 'ip6'],
  protocols: [IPPROTO_UDP],
  policies: [{ name: 'amanda', maxExpected: 4, timeout: 180 }],
  fresh: () => null,
  help: (cx) => help(cx, masterTimeout),
});
