// CTA_PROTOINFO: what trackers of TCP and SCTP know (tcp_to_nlattr(), sctp_to_nlattr()).

import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';

/** What a tracker tells of one direction of TCP. */
export interface CtTcpPeer {
  readonly scale: number;
  /** IP_CT_TCP_FLAG_* */
  readonly flags: number;
}

export interface StateFields {
  /** TCP and SCTP. */
  readonly state?: string;
  readonly peers?: readonly [CtTcpPeer, CtTcpPeer];
  /** SCTP's verification tags. */
  readonly vtags?: readonly [number, number];
}

/** struct nf_ct_tcp_flags: flags, and which of them are meant. */
const flagsOf = (a: Attributes, type: number): number => a.bytes(type)[0] ?? 0;

function readTcp(a: Attributes): StateFields {
  const state = a.u8(u.CTA_PROTOINFO_TCP_STATE);
  return {
    state: a.pick(state, u.TCP_STATE_NAMES, 'state of TCP'),
    // The end of a connection is told without them.
    ...(a.has(u.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL) && {
      peers: [
        {
          scale: a.u8(u.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL),
          flags: flagsOf(a, u.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL),
        },
        {
          scale: a.u8(u.CTA_PROTOINFO_TCP_WSCALE_REPLY),
          flags: flagsOf(a, u.CTA_PROTOINFO_TCP_FLAGS_REPLY),
        },
      ],
    }),
  };
}

export function readProtoinfo(a: Attributes): StateFields {
  if (a.has(u.CTA_PROTOINFO_TCP)) return readTcp(a.nested(u.CTA_PROTOINFO_TCP));
  if (!a.has(u.CTA_PROTOINFO_SCTP)) return {};
  const sctp = a.nested(u.CTA_PROTOINFO_SCTP);
  const state = sctp.u8(u.CTA_PROTOINFO_SCTP_STATE);
  return {
    state: sctp.pick(state, u.SCTP_STATE_NAMES, 'state of SCTP'),
    ...(sctp.has(u.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL) && {
      vtags: [
        sctp.u32be(u.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL),
        sctp.u32be(u.CTA_PROTOINFO_SCTP_VTAG_REPLY),
      ],
    }),
  };
}

function writeTcp(out: AttributeWriter, state: string, { peers }: StateFields): void {
  const number = (u.TCP_STATE_NAMES as readonly string[]).indexOf(state);
  out.nested(u.CTA_PROTOINFO_TCP, (tcp) => {
    tcp.u8(u.CTA_PROTOINFO_TCP_STATE, Math.max(0, number));
    if (!peers) return;
    tcp.u8(u.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, peers[0].scale);
    tcp.u8(u.CTA_PROTOINFO_TCP_WSCALE_REPLY, peers[1].scale);
    const [to, from] = [u.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, u.CTA_PROTOINFO_TCP_FLAGS_REPLY];
    tcp.bytes(to, Uint8Array.of(peers[0].flags, peers[0].flags));
    tcp.bytes(from, Uint8Array.of(peers[1].flags, peers[1].flags));
  });
}

/** Only of the protocols that have a state. */
export function writeProtoinfo(
  out: AttributeWriter,
  fields: StateFields & { readonly protocol: number },
): void {
  const { protocol, state, vtags } = fields;
  if (state === undefined) return;
  out.nested(u.CTA_PROTOINFO, (info) => {
    if (protocol !== u.IPPROTO_SCTP) {
      writeTcp(info, state, fields);
      return;
    }
    info.nested(u.CTA_PROTOINFO_SCTP, (sctp) => {
      sctp.u8(u.CTA_PROTOINFO_SCTP_STATE, Math.max(0, u.SCTP_STATE_NAMES.indexOf(state)));
      if (!vtags) return;
      sctp.u32be(u.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, vtags[0]);
      sctp.u32be(u.CTA_PROTOINFO_SCTP_VTAG_REPLY, vtags[1]);
    });
  });
}
