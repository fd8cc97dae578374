// Bridged packets in pieces: what connection tracking put together is cut again, each piece with the link
// header of the whole (br_nf_dev_queue_xmit(), br_nf_ip_fragment() of net/bridge/br_netfilter_hooks.c).

import { u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ETH_P_IP } from '../core/index.ts';
import { validate6 } from './br-validate6.ts';
import { pushTransmit } from './bridge.ts';
import { fragment4 } from './fragment4.ts';
import { fragment6 } from './fragment6.ts';
import { sendTooBig6 } from './icmp6.ts';
import { validate4 } from './ip4-input.ts';
import { IP_DF, IPV6_MIN_MTU } from './numbers.ts';
import { Route } from './route.ts';
import type { Stack } from './stack.ts';

/** br_nf_push_frag_xmit() */
function pushPiece(stack: Stack, piece: Packet, _route: Route, whole: Packet): boolean {
  const length = whole.network - whole.mac;
  piece.mac = piece.network - length;
  piece.buf.set(whole.buf.subarray(whole.mac, whole.network), piece.mac);
  piece.vlanTci = whole.vlanTci;
  piece.vlanProto = whole.vlanProto;
  return pushTransmit(stack, piece);
}

export function pushInPieces(stack: Stack, packet: Packet): boolean {
  const { dst: route } = packet;
  if (!(route instanceof Route)) return stack.drop(packet, 'IP_OUTNOROUTES', 'bridge');
  if (packet.protocol !== ETH_P_IP)
    return validate6(packet)
      ? pieces6(stack, packet, route)
      : stack.drop(packet, 'IP_INHDR', 'bridge');
  const reason = validate4(packet);
  return reason === '' ? pieces4(stack, packet, route) : stack.drop(packet, reason, 'bridge');
}

/** br_nf_ip_fragment(): who sent it is not told. */
function pieces4(stack: Stack, packet: Packet, route: Route): boolean {
  const mtu = route.currentMtu();
  const hasDf = (u16(packet.buf, packet.network + 6) & IP_DF) !== 0;
  if ((hasDf && !packet.ignoreDf) || packet.fragMaxSize > mtu)
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip_fragment');
  return fragment4(stack, packet, route, mtu, pushPiece);
}

/** ip6_fragment() */
function pieces6(stack: Stack, packet: Packet, route: Route): boolean {
  const mtu = route.currentMtu();
  if ((!packet.ignoreDf && packet.length > mtu) || packet.fragMaxSize > mtu) {
    sendTooBig6(stack, packet, Math.max(mtu, IPV6_MIN_MTU), route.iface);
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip6_fragment');
  }
  return fragment6(stack, packet, route, mtu, pushPiece);
}
