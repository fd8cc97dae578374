// Whether an entry is one of those a command speaks of: nfct_filter() of conntrack(8), with what the
// library compares and what it does not.

import { parseIPv4, parseIPv6, put32 } from '../../../bytes/index.ts';
import {
  type ConntrackEntry,
  IPS_DST_NAT_DONE,
  IPS_SRC_NAT_DONE,
  NF_CT_DEFAULT_ZONE_DIR,
  NF_CT_ZONE_DIR_ORIG,
  NF_CT_ZONE_DIR_REPL,
  SCTP_STATE_NAMES,
  TCP_STATE_NAMES,
  type TupleFields,
} from '../../../conntrack/index.ts';
import { IPPROTO_GRE } from '../../../uapi/index.ts';
import { ConntrackFault } from './fault.ts';
import type { Ends, NatTo, ParsedCommand, Template } from './template.ts';

/** Options that make the library compare field by field; others are filters of their own. */
const COMPARED = 'sdrqpmcuiwl()';

export const bytesOf = (family: 'ip' | 'ip6', text: string): Uint8Array => {
  if (family === 'ip6') return parseIPv6(text) ?? new Uint8Array(16);
  const bytes = new Uint8Array(4);
  put32(bytes, 0, parseIPv4(text) ?? 0);
  return bytes;
};

const same = <T>(wanted: T | undefined, value: T | undefined): boolean =>
  wanted === undefined || wanted === value;

/** The zone of an entry in both directions (3), or in one of them. */
const zoneOf = (entry: ConntrackEntry, dir: number): number =>
  (entry.zoneDir ?? NF_CT_DEFAULT_ZONE_DIR) === dir ? entry.zone : 0;

/** Keys of GRE are not compared. */
const sameEnds = (wanted: Ends, tuple: TupleFields, protocol: number): boolean =>
  same(wanted.src, tuple.src) &&
  same(wanted.dst, tuple.dst) &&
  (protocol === IPPROTO_GRE ||
    (same(wanted.sport, tuple.sport) && same(wanted.dport, tuple.dport)));

/** cmp_orig() and cmp_repl(): protocol and ports, type, code and id; addresses under no mask. */
function sameTuples(
  template: Template,
  entry: ConntrackEntry,
  masked: ReadonlySet<string>,
): boolean {
  const { original, reply, protocol } = template;
  const wanted = { ...original };
  if (masked.has('{')) delete wanted.src;
  if (masked.has('}')) delete wanted.dst;
  return (
    same(protocol, entry.protocol) &&
    same(template.type, entry.original.type) &&
    same(template.code, entry.original.code) &&
    same(template.icmpId, entry.original.id) &&
    sameEnds(wanted, entry.original, entry.protocol) &&
    sameEnds(reply, entry.reply, entry.protocol)
  );
}

function sameState(template: Template, entry: ConntrackEntry): boolean {
  const { tcpState, sctpState, dccpState } = template;
  return (
    (tcpState === undefined || entry.state === TCP_STATE_NAMES[tcpState]) &&
    (sctpState === undefined || entry.state === SCTP_STATE_NAMES[sctpState]) &&
    // No entry says a state of DCCP's: its tracker is gone since Linux 6.15.
    dccpState === undefined
  );
}

/** cmp_meta() */
const sameMeta = (template: Template, entry: ConntrackEntry): boolean =>
  same(template.id, entry.id) &&
  same(template.timeout, entry.timeout) &&
  (entry.status & (template.status ?? 0)) === (template.status ?? 0) &&
  same(template.zone, zoneOf(entry, NF_CT_DEFAULT_ZONE_DIR)) &&
  same(template.originalZone, zoneOf(entry, NF_CT_ZONE_DIR_ORIG)) &&
  same(template.replyZone, zoneOf(entry, NF_CT_ZONE_DIR_REPL)) &&
  sameState(template, entry);

interface Translated {
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** Address, port differ from what the other direction has. */
  readonly addressMoved: boolean;
  readonly portMoved: boolean;
}

/** Where sources, or destinations, of an entry are translated to (nfct_getobjopt). */
export function translated(entry: ConntrackEntry, which: 'source' | 'destination'): Translated {
  const { original, reply, status } = entry;
  const source = which === 'source';
  const done = (status & (source ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE)) !== 0;
  const address = source ? reply.dst : reply.src;
  const port = source ? reply.dport : reply.sport;
  return {
    address,
    port,
    addressMoved: done && address !== (source ? original.src : original.dst),
    portMoved: done && port !== (source ? original.sport : original.dport),
  };
}

function isTranslated(to: NatTo, entry: ConntrackEntry, which: 'source' | 'destination'): boolean {
  const { address, port, addressMoved, portMoved } = translated(entry, which);
  // As in conntrack(8), an IPv6 address only says the family.
  const wanted = to.address?.includes(':') ? undefined : to.address;
  if (wanted === undefined && to.port === undefined) return addressMoved || portMoved;
  return (
    (wanted === undefined || (addressMoved && address === wanted)) &&
    (to.port === undefined || (portMoved && port === to.port))
  );
}

function matchesNat({ options, template }: ParsedCommand, entry: ConntrackEntry): boolean {
  const source = (): boolean => isTranslated(template.snat, entry, 'source');
  const destination = (): boolean => isTranslated(template.dnat, entry, 'destination');
  if (options.has('j')) return source() || destination();
  return (!options.has('n') || source()) && (!options.has('g') || destination());
}

/** Bits as `ConntrackEntry.labels` has them, in hex. */
export const hasLabel = (labels: string | undefined, bit: number): boolean =>
  labels !== undefined &&
  ((Number.parseInt(labels.slice((bit >>> 3) * 2, (bit >>> 3) * 2 + 2), 16) >>> (bit & 7)) & 1) ===
    1;

const hasLabels = (wanted: ReadonlySet<number> | undefined, labels: string | undefined): boolean =>
  [...(wanted ?? [])].every((bit) => hasLabel(labels, bit));

function inNetwork(command: ParsedCommand, entry: ConntrackEntry, end: 'src' | 'dst'): boolean {
  const { family, template } = command;
  const mask = template.mask[end];
  if (!command.options.has(end === 'src' ? '{' : '}') || mask === undefined) return true;
  if (family === undefined || entry.family !== family) return false;
  const bits = bytesOf(family, mask);
  const network = bytesOf(family, template.original[end] ?? '');
  return bytesOf(family, entry.original[end]).every(
    (byte, i) => (byte & bits[i]!) === (network[i]! & bits[i]!),
  );
}

/** A mask must have an address to stand on. @throws ConntrackFault */
export function checkMasks({ options }: ParsedCommand): void {
  if (options.has('{') && !options.has('s'))
    throw new ConntrackFault("Can't use --mask-src without --src");
  if (options.has('}') && !options.has('d'))
    throw new ConntrackFault("Can't use --mask-dst without --dst");
}

const matchesMark = ({ mark }: Template, entry: ConntrackEntry): boolean =>
  mark === undefined || (entry.mark & mark.mask) >>> 0 === mark.value;

export const isCompared = ({ options }: ParsedCommand): boolean =>
  [...COMPARED].some((id) => options.has(id));

/** What listing, deleting and events look at. */
export const matches = (command: ParsedCommand, entry: ConntrackEntry): boolean =>
  same(command.family, entry.family) &&
  matchesNat(command, entry) &&
  matchesMark(command.template, entry) &&
  hasLabels(command.template.labels, entry.labels) &&
  inNetwork(command, entry, 'src') &&
  inNetwork(command, entry, 'dst') &&
  (!isCompared(command) ||
    (sameMeta(command.template, entry) && sameTuples(command.template, entry, command.options)));

/** What the kernel leaves out of a listing by itself (CTA_STATUS, CTA_STATUS_MASK). */
export const matchesStatus = (command: ParsedCommand, entry: ConntrackEntry): boolean => {
  const { status, statusMask } = command.template;
  return status === undefined || (entry.status & statusMask) === (status & statusMask);
};

/** What an update looks at; the rest of the options is what it sets. */
export function matchesUpdate(command: ParsedCommand, entry: ConntrackEntry): boolean {
  const { options, template, family } = command;
  const tuples = [...'sdrqp'].some((id) => options.has(id));
  return (
    same(family, entry.family) &&
    matchesNat(command, entry) &&
    hasLabels(template.labels, entry.labels) &&
    inNetwork(command, entry, 'src') &&
    inNetwork(command, entry, 'dst') &&
    same(template.id, entry.id) &&
    (!tuples || sameTuples(template, entry, options))
  );
}
