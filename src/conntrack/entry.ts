// An entry as a person or a tool sees it: plain fields, and the line `conntrack -L` prints.

import {
  IPPROTO_DCCP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../uapi/index.ts';
import {
  IPS_ASSURED,
  IPS_HW_OFFLOAD,
  IPS_OFFLOAD,
  IPS_SEEN_REPLY,
  NF_CT_DEFAULT_ZONE_DIR,
  NF_CT_ZONE_DIR_ORIG,
  NF_CT_ZONE_DIR_REPL,
} from './constants.ts';
import type { SeqAdjust } from './sides.ts';

/** One direction. Addresses are text; `sport` and `dport` are ports, or the keys of GRE. */
export interface TupleFields {
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  /** ICMP and ICMPv6. */
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
  /** With accounting. */
  readonly packets?: number;
  readonly bytes?: number;
}

/** TCP's window tracking of one direction, for state that is moved between firewalls. */
export interface TcpPeer {
  readonly end: number;
  readonly maxEnd: number;
  readonly maxWin: number;
  readonly maxAck: number;
  readonly scale: number;
  /** IP_CT_TCP_FLAG_*. */
  readonly flags: number;
}

export interface ConntrackEntry {
  readonly family: 'ip' | 'ip6';
  readonly protocol: number;
  readonly original: TupleFields;
  readonly reply: TupleFields;
  /** Whole seconds left. */
  readonly timeout: number;
  /** IPS_*. */
  readonly status: number;
  /** TCP and SCTP. */
  readonly state?: string;
  readonly mark: number;
  readonly zone: number;
  /** NF_CT_ZONE_DIR_*; both directions where absent. */
  readonly zoneDir?: number;
  readonly id: number;
  readonly secmark?: number;
  /** 16 bytes in hex, low byte first. */
  readonly labels?: string;
  readonly helper?: string;
  /** What the helper keeps about this connection; plain data. */
  readonly helperData?: unknown;
  /** Id of the connection that expected this one, and its original direction. */
  readonly master?: number;
  readonly masterTuple?: TupleFields & { readonly protocol: number };
  /** By how much the sequence numbers of the two directions are moved. */
  readonly seqadj?: readonly [SeqAdjust, SeqAdjust];
  /** Seconds since 1970, with nf_conntrack_timestamp. */
  readonly start?: number;
  readonly stop?: number;
  /** Whole seconds since `start`, or until `stop`. */
  readonly age?: number;
  readonly tcp?: readonly [TcpPeer, TcpPeer];
  /** Verification tags of SCTP's directions. */
  readonly vtags?: readonly [number, number];
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_TCP]: 'tcp',
  [IPPROTO_UDP]: 'udp',
  [IPPROTO_UDPLITE]: 'udplite',
  [IPPROTO_ICMP]: 'icmp',
  [IPPROTO_ICMPV6]: 'icmpv6',
  [IPPROTO_SCTP]: 'sctp',
  [IPPROTO_GRE]: 'gre',
  [IPPROTO_DCCP]: 'dccp',
};

export const protocolName = (protocol: number): string => PROTOCOL_NAMES[protocol] ?? 'unknown';

/** Ports, keys of GRE, or type, code and identifier of ICMP, as the conntrack command writes them. */
export function protocolPart(protocol: number, tuple: TupleFields): string {
  if (tuple.type !== undefined)
    return ` type=${tuple.type} code=${tuple.code ?? 0} id=${tuple.id ?? 0}`;
  if (tuple.sport === undefined || tuple.dport === undefined) return '';
  if (protocol === IPPROTO_GRE)
    return ` srckey=0x${tuple.sport.toString(16)} dstkey=0x${tuple.dport.toString(16)}`;
  return ` sport=${tuple.sport} dport=${tuple.dport}`;
}

const counterPart = (tuple: TupleFields): string =>
  tuple.packets === undefined ? '' : ` packets=${tuple.packets} bytes=${tuple.bytes ?? 0}`;

function tuplePart(entry: ConntrackEntry, tuple: TupleFields, zone: string): string {
  return `src=${tuple.src} dst=${tuple.dst}${protocolPart(entry.protocol, tuple)}${zone}${counterPart(tuple)}`;
}

function flagPart(status: number): string {
  if ((status & IPS_HW_OFFLOAD) !== 0) return ' [HW_OFFLOAD]';
  if ((status & IPS_OFFLOAD) !== 0) return ' [OFFLOAD]';
  return (status & IPS_ASSURED) !== 0 ? ' [ASSURED]' : '';
}

/** Zone texts: of the original direction, of the reply, of both. */
function zoneParts(entry: ConntrackEntry): readonly [string, string, string] {
  if (entry.zone === 0) return ['', '', ''];
  const dir = entry.zoneDir ?? NF_CT_DEFAULT_ZONE_DIR;
  return [
    dir === NF_CT_ZONE_DIR_ORIG ? ` zone-orig=${entry.zone}` : '',
    dir === NF_CT_ZONE_DIR_REPL ? ` zone-reply=${entry.zone}` : '',
    dir === NF_CT_DEFAULT_ZONE_DIR ? ` zone=${entry.zone}` : '',
  ];
}

/** What a line says beside the entry (NFCT_OF_*). */
export interface EntryStyle {
  /** The layer 3 protocol first. */
  readonly layer3?: boolean;
  /** When it began and ended. */
  readonly times?: boolean;
  readonly id?: boolean;
  /** `timeout` and `mark` where a message did not tell them: they are left out. */
  readonly absent?: readonly string[];
  /** Names of the labels it has. */
  readonly labels?: readonly string[];
  /** References to it, 1 unless told otherwise; events do not know, nor count. */
  readonly use?: number | 'unknown';
}

const LAYER3 = { ip: `${'ipv4'.padEnd(8)} 2 `, ip6: `${'ipv6'.padEnd(8)} 10 ` } as const;

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** ctime(3), in UTC. */
function timeText(seconds: number): string {
  const date = new Date(Math.floor(seconds) * 1000);
  const clock = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2);
  return `${WEEKDAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()}`;
}

const timesPart = ({ start, stop }: ConntrackEntry): string =>
  (start === undefined ? '' : ` [start=${timeText(start)}]`) +
  (stop === undefined ? '' : ` [stop=${timeText(stop)}]`);

const usePart = (use: EntryStyle['use'] = 1): string => (use === 'unknown' ? '' : ` use=${use}`);

/** The line `conntrack -L` prints for an entry (libnetfilter_conntrack, snprintf_default.c). */
export function describeEntry(entry: ConntrackEntry, style: EntryStyle = {}): string {
  const [zoneOrig, zoneReply, zone] = zoneParts(entry);
  const offloaded = (entry.status & (IPS_OFFLOAD | IPS_HW_OFFLOAD)) !== 0;
  return [
    style.layer3 === true ? LAYER3[entry.family] : '',
    `${protocolName(entry.protocol).padEnd(8)} ${entry.protocol} `,
    offloaded || style.absent?.includes('timeout') ? '' : `${entry.timeout} `,
    entry.state === undefined || offloaded ? '' : `${entry.state} `,
    tuplePart(entry, entry.original, zoneOrig),
    (entry.status & IPS_SEEN_REPLY) === 0 ? ' [UNREPLIED]' : '',
    ` ${tuplePart(entry, entry.reply, zoneReply)}`,
    flagPart(entry.status),
    style.absent?.includes('mark') ? '' : ` mark=${entry.mark >>> 0}`,
    zone,
    entry.age === undefined ? '' : ` delta-time=${entry.age}`,
    style.times === true ? timesPart(entry) : '',
    entry.helper === undefined ? '' : ` helper=${entry.helper}`,
    usePart(style.use),
    style.id === true ? ` id=${entry.id}` : '',
    (style.labels ?? []).length > 0 ? ` labels=${style.labels?.join(',')}` : '',
  ].join('');
}
