// H.245: channels that are opened, with their media and data connections
// (net/netfilter/nf_conntrack_h323_main.c, nf_nat_h323.c).

import { NF_CT_EXPECT_PERMANENT, T_DST } from '../../conntrack/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../uapi/index.ts';
import { expectPair } from '../pair.ts';
import {
  expectElsewhere,
  type H323Context,
  h245End,
  hidesSender,
  type NamedEnd,
  namesSender,
  writeEnd,
} from './addresses.ts';
import type { Decoded } from './per.ts';

/** H323_RTP_CHANNEL_MAX */
export const MAX_CHANNELS = 4;

/** expect_rtp_rtcp(): both ports of a pair, whichever of them is named. False: the packet must go. */
function expectMedia(cx: H323Context, named: Decoded | undefined): boolean {
  const end = h245End(cx, named);
  if (!namesSender(cx, end)) return true;
  const even = end.port & ~1;
  const [rtp, rtcp] = [even, even | 1].map((port) => ({ port, protocol: IPPROTO_UDP }));
  if (hidesSender(cx)) return translateMedia(cx, end, even);
  if (!cx.announceExactly(rtp!)) return false;
  if (cx.announceExactly(rtcp!)) return true;
  cx.withdraw(cx.request(rtp!));
  return false;
}

/** nat_rtp_rtcp(): of four channels at most, and of no more than ports are free for. */
function translateMedia(cx: H323Context, end: NamedEnd, even: number): boolean {
  const { rtpPorts } = cx.state;
  const known = rtpPorts.findIndex((ports) => ports[cx.dir] === even || ports[cx.dir] === 0);
  const channel = known < 0 ? rtpPorts.length : known;
  if (channel >= MAX_CHANNELS) return true;
  const rtp = cx.request({ port: even, protocol: IPPROTO_UDP });
  const rtcp = cx.request({ port: even + 1, protocol: IPPROTO_UDP });
  const port = expectPair(cx, rtp, rtcp);
  if (port === 0) return true;
  if (!writeEnd(cx, end, cx.other, T_DST, port + (end.port & 1))) {
    cx.withdraw(rtp);
    cx.withdraw(rtcp);
    return false;
  }
  const ports: [number, number] = [port, port];
  ports[cx.dir] = even;
  rtpPorts[channel] = ports;
  return true;
}

/** expect_t120(): any number of data connections. */
function expectData(cx: H323Context, named: Decoded | undefined): boolean {
  const end = h245End(cx, named);
  if (!namesSender(cx, end)) return true;
  const wanted = { port: end.port, protocol: IPPROTO_TCP, flags: NF_CT_EXPECT_PERMANENT };
  if (!hidesSender(cx)) return cx.announceExactly(wanted);
  return expectElsewhere(cx, end, cx.request(wanted), end.port) >= 0;
}

const expectChannel = (cx: H323Context, parameters: Decoded | undefined): boolean =>
  expectMedia(cx, parameters?.get('mediaChannel')) &&
  expectMedia(cx, parameters?.get('mediaControlChannel'));

const MULTIPLEX = ['multiplexParameters', 'h2250LogicalChannelParameters'] as const;
const STACK = ['separateStack', 'networkAddress', 'localAreaAddress'] as const;
const T120 = ['dataType', 'data', 'application', 't120', 'separateLANStack'] as const;

/** process_olc() */
export function openChannel(cx: H323Context, channel: Decoded): boolean {
  const forward = channel.get('forwardLogicalChannelParameters');
  const reverse = channel.get('reverseLogicalChannelParameters');
  const isData = forward?.get(...T120) !== undefined;
  return (
    expectChannel(cx, forward?.get(...MULTIPLEX)) &&
    expectChannel(cx, reverse?.get(...MULTIPLEX)) &&
    (!isData || expectData(cx, channel.get(...STACK)))
  );
}

/** process_olca() */
function acknowledgeChannel(cx: H323Context, ack: Decoded): boolean {
  const accepted = ack.get('forwardMultiplexAckParameters', 'h2250LogicalChannelAckParameters');
  return (
    expectChannel(cx, ack.get('reverseLogicalChannelParameters', ...MULTIPLEX)) &&
    expectChannel(cx, accepted) &&
    expectData(cx, ack.get(...STACK))
  );
}

/** process_h245() */
export function controlMessage(cx: H323Context, message: Decoded): boolean {
  const open = message.get('request', 'openLogicalChannel');
  if (open !== undefined) return openChannel(cx, open);
  const ack = message.get('response', 'openLogicalChannelAck');
  return ack === undefined || acknowledgeChannel(cx, ack);
}
