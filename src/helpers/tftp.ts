// TFTP (net/netfilter/nf_conntrack_tftp.c, nf_nat_tftp.c; RFC 1350 §4): the server answers a request from
// another port of its own.

import { u16 } from '../bytes/index.ts';
import { srcPortOf, T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_UDP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';

const READ = 1;
const WRITE = 2;

function help(cx: HelperContext<null>): Verdict {
  const { payload } = cx;
  if (payload.length < 2) return ACCEPT;
  const opcode = u16(payload, 0);
  if (opcode !== READ && opcode !== WRITE) return ACCEPT;
  const reply = cx.tuple(1);
  const announced = cx.announceExactly({
    port: srcPortOf(cx.tuple(0)),
    from: reply.subarray(T_SRC, T_SRC + 4),
    to: reply.subarray(T_DST, T_DST + 4),
    direction: 1,
    // Where NAT gave the request another port, that is the one the server answers to.
    at: reply[8]! & 0xffff,
  });
  return announced ? ACCEPT : cx.drop('cannot add expectation');
}

export const tftpHelper = (): HelperSpec<null> => ({
  name: 'tftp',
  families: ['ip', 'ip6'],
  protocols: [IPPROTO_UDP],
  policies: [{ name: 'tftp', maxExpected: 1, timeout: 300 }],
  fresh: () => null,
  help,
});
