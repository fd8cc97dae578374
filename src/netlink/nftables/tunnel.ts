// NFTA_TUNNEL_KEY_*: tunnel metadata objects. Addresses are hex; a tunnel without addresses, or with
// options of its encapsulation, cannot be sent yet and says so.

import { hex, unhex } from '../../bytes/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';
import { Unencodable } from './unencodable.ts';

/** enum nft_tunnel_key_ip_attributes and nft_tunnel_ip6_attributes agree in these. */
const SRC = 1;
const DST = 2;
const IPV4_HEX = 8;

type TunnelAttributes = Readonly<Record<string, unknown>>;

const numberIn = (t: TunnelAttributes, key: string): number | undefined => {
  const value = t[key];
  return typeof value === 'number' ? value : undefined;
};

function addressIn(t: TunnelAttributes, key: string): string | undefined {
  const value = t[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new Unencodable(`tunnel: ${key} is not an address in hex`);
}

export function writeTunnel(w: AttributeWriter, tunnel: TunnelAttributes): void {
  if (tunnel.encapsulation !== undefined) {
    throw new Unencodable('tunnel: options of the encapsulation');
  }
  const [src, dst] = [addressIn(tunnel, 'src'), addressIn(tunnel, 'dst')];
  w.u32be(u.NFTA_TUNNEL_KEY_ID, numberIn(tunnel, 'id') ?? 0);
  const v4 = (dst ?? src ?? '').length === IPV4_HEX;
  w.nested(v4 ? u.NFTA_TUNNEL_KEY_IP : u.NFTA_TUNNEL_KEY_IP6, (ip) => {
    if (src !== undefined) ip.bytes(SRC, unhex(src));
    if (dst !== undefined) ip.bytes(DST, unhex(dst));
  });
  const [tos, ttl] = [numberIn(tunnel, 'tos'), numberIn(tunnel, 'ttl')];
  const [sport, dport] = [numberIn(tunnel, 'sport'), numberIn(tunnel, 'dport')];
  if (tos !== undefined) w.u8(u.NFTA_TUNNEL_KEY_TOS, tos);
  if (ttl !== undefined) w.u8(u.NFTA_TUNNEL_KEY_TTL, ttl);
  if (sport !== undefined) w.u16be(u.NFTA_TUNNEL_KEY_SPORT, sport);
  if (dport !== undefined) w.u16be(u.NFTA_TUNNEL_KEY_DPORT, dport);
}

export function readTunnel(a: Attributes): TunnelAttributes {
  const v4 = a.has(u.NFTA_TUNNEL_KEY_IP);
  const ip = a.nested(v4 ? u.NFTA_TUNNEL_KEY_IP : u.NFTA_TUNNEL_KEY_IP6);
  return {
    id: a.u32be(u.NFTA_TUNNEL_KEY_ID),
    ...(ip.has(SRC) && { src: hex(ip.bytes(SRC)) }),
    ...(ip.has(DST) && { dst: hex(ip.bytes(DST)) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_TOS) && { tos: a.u8(u.NFTA_TUNNEL_KEY_TOS) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_TTL) && { ttl: a.u8(u.NFTA_TUNNEL_KEY_TTL) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_SPORT) && { sport: a.u16be(u.NFTA_TUNNEL_KEY_SPORT) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_DPORT) && { dport: a.u16be(u.NFTA_TUNNEL_KEY_DPORT) }),
  };
}
