// NFTA_TUNNEL_KEY_*: tunnel metadata objects (net/netfilter/nft_tunnel.c). Addresses are hex.

import { hex, unhex } from '../../bytes/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';
import { Unencodable } from './unencodable.ts';

/** enum nft_tunnel_key_ip_attributes and nft_tunnel_ip6_attributes agree in these. */
const SRC = u.NFTA_TUNNEL_KEY_IP_SRC;
const DST = u.NFTA_TUNNEL_KEY_IP_DST;
const IPV4_HEX = 8;
/** ERSPAN_DIR: which way the mirrored packet went. */
const DIRECTIONS = ['ingress', 'egress'] as const;

type TunnelAttributes = Readonly<Record<string, unknown>>;

const numberIn = (t: TunnelAttributes, key: string): number | undefined => {
  const value = t[key];
  return typeof value === 'number' ? value : undefined;
};

const needed = (t: TunnelAttributes, key: string): number => numberIn(t, key) ?? 0;

function addressIn(t: TunnelAttributes, key: string): string | undefined {
  const value = t[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new Unencodable(`tunnel: ${key} is not an address in hex`);
}

const isRecord = (value: unknown): value is TunnelAttributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function writeErspan(w: AttributeWriter, options: TunnelAttributes): void {
  w.nested(u.NFTA_TUNNEL_KEY_OPTS_ERSPAN, (erspan) => {
    erspan.u32be(u.NFTA_TUNNEL_KEY_ERSPAN_VERSION, needed(options, 'version'));
    if (options.version === 1) {
      erspan.u32be(u.NFTA_TUNNEL_KEY_ERSPAN_V1_INDEX, needed(options, 'index'));
      return;
    }
    erspan.u8(u.NFTA_TUNNEL_KEY_ERSPAN_V2_HWID, needed(options, 'id'));
    const isEgress = options.direction === 'egress';
    erspan.u8(u.NFTA_TUNNEL_KEY_ERSPAN_V2_DIR, isEgress ? 1 : 0);
  });
}

function writeGeneve(w: AttributeWriter, option: TunnelAttributes): void {
  const digits = String(option.data).replace(/^0x/, '');
  if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new Unencodable('tunnel: data of geneve is not hex');
  w.nested(u.NFTA_TUNNEL_KEY_OPTS_GENEVE, (geneve) => {
    geneve
      .u16be(u.NFTA_TUNNEL_KEY_GENEVE_CLASS, needed(option, 'class'))
      .u8(u.NFTA_TUNNEL_KEY_GENEVE_TYPE, needed(option, 'optType'))
      .bytes(u.NFTA_TUNNEL_KEY_GENEVE_DATA, unhex(digits));
  });
}

function writeOptions(w: AttributeWriter, options: unknown): void {
  if (!isRecord(options)) return;
  w.nested(u.NFTA_TUNNEL_KEY_OPTS, (opts) => {
    if (options.kind === 'vxlan') {
      opts.nested(u.NFTA_TUNNEL_KEY_OPTS_VXLAN, (vxlan) =>
        vxlan.u32be(u.NFTA_TUNNEL_KEY_VXLAN_GBP, needed(options, 'gbp')),
      );
    } else if (options.kind === 'erspan') writeErspan(opts, options);
    else if (Array.isArray(options.options))
      for (const option of options.options) if (isRecord(option)) writeGeneve(opts, option);
  });
}

export function writeTunnel(w: AttributeWriter, tunnel: TunnelAttributes): void {
  const [src, dst] = [addressIn(tunnel, 'src'), addressIn(tunnel, 'dst')];
  w.u32be(u.NFTA_TUNNEL_KEY_ID, needed(tunnel, 'id'));
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
  writeOptions(w, tunnel.encapsulation);
}

function readErspan(a: Attributes): TunnelAttributes {
  if (a.u32be(u.NFTA_TUNNEL_KEY_ERSPAN_VERSION) === 1)
    return { kind: 'erspan', version: 1, index: a.u32be(u.NFTA_TUNNEL_KEY_ERSPAN_V1_INDEX) };
  const direction = DIRECTIONS[a.u8(u.NFTA_TUNNEL_KEY_ERSPAN_V2_DIR)] ?? 'ingress';
  return { kind: 'erspan', version: 2, direction, id: a.u8(u.NFTA_TUNNEL_KEY_ERSPAN_V2_HWID) };
}

const readGeneve = (a: Attributes): TunnelAttributes => ({
  class: a.u16be(u.NFTA_TUNNEL_KEY_GENEVE_CLASS),
  optType: a.u8(u.NFTA_TUNNEL_KEY_GENEVE_TYPE),
  data: `0x${hex(a.bytes(u.NFTA_TUNNEL_KEY_GENEVE_DATA))}`,
});

function readOptions(a: Attributes): TunnelAttributes | undefined {
  if (a.has(u.NFTA_TUNNEL_KEY_OPTS_VXLAN)) {
    const vxlan = a.nested(u.NFTA_TUNNEL_KEY_OPTS_VXLAN);
    return { kind: 'vxlan', gbp: vxlan.u32be(u.NFTA_TUNNEL_KEY_VXLAN_GBP) };
  }
  if (a.has(u.NFTA_TUNNEL_KEY_OPTS_ERSPAN))
    return readErspan(a.nested(u.NFTA_TUNNEL_KEY_OPTS_ERSPAN));
  const options = a.each(u.NFTA_TUNNEL_KEY_OPTS_GENEVE).map(readGeneve);
  return options.length === 0 ? undefined : { kind: 'geneve', options };
}

export function readTunnel(a: Attributes): TunnelAttributes {
  const v4 = a.has(u.NFTA_TUNNEL_KEY_IP);
  const ip = a.nested(v4 ? u.NFTA_TUNNEL_KEY_IP : u.NFTA_TUNNEL_KEY_IP6);
  const encapsulation = a.has(u.NFTA_TUNNEL_KEY_OPTS)
    ? readOptions(a.nested(u.NFTA_TUNNEL_KEY_OPTS))
    : undefined;
  return {
    id: a.u32be(u.NFTA_TUNNEL_KEY_ID),
    ...(ip.has(SRC) && { src: hex(ip.bytes(SRC)) }),
    ...(ip.has(DST) && { dst: hex(ip.bytes(DST)) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_SPORT) && { sport: a.u16be(u.NFTA_TUNNEL_KEY_SPORT) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_DPORT) && { dport: a.u16be(u.NFTA_TUNNEL_KEY_DPORT) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_TTL) && { ttl: a.u8(u.NFTA_TUNNEL_KEY_TTL) }),
    ...(a.has(u.NFTA_TUNNEL_KEY_TOS) && { tos: a.u8(u.NFTA_TUNNEL_KEY_TOS) }),
    ...(encapsulation !== undefined && { encapsulation }),
  };
}
