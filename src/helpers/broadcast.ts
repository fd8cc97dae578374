// Helpers of protocols that ask everybody (net/netfilter/nf_conntrack_broadcast.c): whoever is in the
// network that a question went to may answer, for a while. NetBIOS name service and SNMP.

import {
  createTuple,
  expectedTuple,
  NF_CT_EXPECT_PERMANENT,
  NFPROTO_IPV4,
  T_DST,
  T_SRC,
} from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT, NS_PER_SECOND } from '../core/index.ts';
import { IPPROTO_UDP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';
import { translateSnmp } from './snmp.ts';
import { addressBytes } from './text.ts';

/** RTN_BROADCAST */
const RTN_BROADCAST = 3;
const NETBIOS_NS = 137;
const SNMP = 161;

const maskOf = (length: number): number => (length === 0 ? 0 : -1 << (32 - length));

/** nf_conntrack_broadcast_help(): only what this machine itself asks. */
function help(cx: HelperContext<null>, port: number, seconds: number): Verdict {
  const { ct, packet, dir } = cx;
  const { network } = ct.netns;
  if (network === null || !packet.local || dir !== 0) return ACCEPT;
  const route = network.routeOf(packet);
  if (route?.type !== RTN_BROADCAST || route.device === null) return ACCEPT;
  const asked = addressBytes(cx.tuple(0), T_DST).subarray(0, 4);
  const length = network.broadcastPrefix(route.device, asked);
  if (length === 0) return ACCEPT;
  const reply = cx.tuple(1);
  const request = {
    ...expectedTuple({
      l3: NFPROTO_IPV4,
      l4: IPPROTO_UDP,
      source: reply.subarray(T_SRC, T_SRC + 4),
      sourcePort: port,
      destination: reply.subarray(T_DST, T_DST + 4),
      port: reply[8]! & 0xffff,
    }),
    master: cx.slot,
    flags: NF_CT_EXPECT_PERMANENT,
  };
  const mask = createTuple();
  mask.set(request.mask);
  mask[T_SRC] = maskOf(length);
  const result = ct.expectations.add({ ...request, mask });
  cx.tell(
    { ...request, mask },
    result === 'ok' ? 'created' : 'refused',
    result === 'ok' ? '' : result,
  );
  ct.store.refresh(cx.slot, seconds * NS_PER_SECOND);
  return ACCEPT;
}

/** @param timeout seconds an answer is waited for; 3 as in the kernel's module */
export const netbiosHelper = ({ timeout = 3 } = {}): HelperSpec<null> => ({
  name: 'netbios-ns',
  families: ['ip'],
  protocols: [IPPROTO_UDP],
  policies: [{ name: 'netbios-ns', maxExpected: 1, timeout }],
  fresh: () => null,
  help: (cx) => help(cx, NETBIOS_NS, timeout),
});

/** @param timeout seconds an answer is waited for; 30 as in the kernel's module */
export const snmpHelper = ({ timeout = 30 } = {}): HelperSpec<null> => ({
  name: 'snmp',
  families: ['ip'],
  protocols: [IPPROTO_UDP],
  policies: [{ name: 'snmp', maxExpected: 1, timeout }],
  fresh: () => null,
  help: (cx) => {
    help(cx, SNMP, timeout);
    return cx.translated ? translateSnmp(cx) : ACCEPT;
  },
});

/** Traps of translated agents. */
export const snmpTrapHelper = (): HelperSpec<null> => ({
  name: 'snmp_trap',
  families: ['ip'],
  protocols: [IPPROTO_UDP],
  policies: [{ name: 'snmp_trap', maxExpected: 0, timeout: 180 }],
  fresh: () => null,
  help: (cx) => (cx.translated ? translateSnmp(cx) : ACCEPT),
});
