// A table of connections in memory, and what ctnetlink does with it
// (net/netfilter/nf_conntrack_netlink.c) when conntrack(8) asks.

import { hex, unhex } from '../../../bytes/index.ts';
import {
  type Conntrack,
  type ConntrackEntry,
  createConntrack,
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_CLOSE_INIT,
  IP_CT_TCP_FLAG_SACK_PERM,
  IPS_ASSURED,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  invertFields,
  NF_CT_DEFAULT_ZONE_DIR,
  NF_CT_ZONE_DIR_ORIG,
  NF_CT_ZONE_DIR_REPL,
  SCTP_STATE_NAMES,
  TCP_CONNTRACK_TIME_WAIT,
  TCP_STATE_NAMES,
  type TcpPeer,
  type TupleFields,
} from '../../../conntrack/index.ts';
import { manualClock, Netns, seeded } from '../../../core/index.ts';
import { registerKernelHelpers } from '../../../helpers/index.ts';
import {
  createNat,
  type Manip,
  type Nat,
  NatRange,
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
} from '../../../nat/index.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../../uapi/index.ts';
import { type Errno, refused } from './fault.ts';
import { bytesOf } from './match.ts';
import type { Ends, NatTo, ParsedCommand, Template } from './template.ts';

export interface ConnectionTable {
  readonly ct: Conntrack;
  readonly nat: Nat;
}

/** @param now milliseconds since 1970 */
export function openTable(now: number): ConnectionTable {
  const netns = new Netns({ clock: manualClock(now / 1000), random: seeded(now >>> 0) });
  const ct = createConntrack(netns);
  const nat = createNat(netns, ct);
  registerKernelHelpers(ct, nat);
  return { ct, nat };
}

/** Protocols whose trackers know ports, or keys. */
const PORTED: ReadonlySet<number> = new Set([
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPPROTO_SCTP,
  IPPROTO_GRE,
]);

/** What a person may set; of the rest EXPECTED is refused and others are passed over. */
const SETTABLE = IPS_SEEN_REPLY | IPS_ASSURED | IPS_FIXED_TIMEOUT;

/** Jiffies are counted in an int, a jiffy is 4 ms. */
const LONGEST = Math.floor((2 ** 31 - 1) / 250);

const fail = ({ command }: ParsedCommand, errno: Errno): never => {
  throw refused(command, errno);
};

/** A whole direction as the kernel takes it, or undefined. */
export function tupleOfEnds(
  ends: Ends,
  template: Template,
  protocol: number,
): TupleFields | undefined {
  const { sport, dport } = ends;
  // The library sends both addresses, and both ports, where it has one: the other is 0.
  const nowhere = (ends.src ?? ends.dst ?? '').includes(':') ? '::' : '0.0.0.0';
  const { src = nowhere, dst = nowhere } = ends;
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
    const { type, code, icmpId: id = 0 } = template;
    return type === undefined || code === undefined ? undefined : { src, dst, type, code, id };
  }
  if (!PORTED.has(protocol)) return { src, dst };
  if (sport === undefined && dport === undefined) return undefined;
  return { src, dst, sport: sport ?? 0, dport: dport ?? 0 };
}

const isIcmp = (protocol: number): boolean =>
  protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6;

/** An IPv4 message is not for an IPv6 address, nor the other way. */
const fits = (family: 'ip' | 'ip6', protocol: number): boolean =>
  !isIcmp(protocol) || (protocol === IPPROTO_ICMP) === (family === 'ip');

/** Both directions; one is made of the other where only that is given. */
function directions(command: ParsedCommand): [TupleFields, TupleFields] {
  const { template, options } = command;
  const family = command.family ?? 'ip';
  const protocol = template.protocol ?? 0;
  const has = (ids: string): boolean => [...ids].some((id) => options.has(id));
  const given = (ends: Ends): TupleFields | undefined => tupleOfEnds(ends, template, protocol);
  const invert = (tuple: TupleFields | undefined): TupleFields | undefined =>
    tuple && fits(family, protocol) ? invertFields(family, protocol, tuple) : undefined;
  const original = has('sd') ? given(template.original) : undefined;
  if (!has('rq')) {
    const reply = invert(original);
    return original && reply ? [original, reply] : fail(command, 'EINVAL');
  }
  if (!has('sd')) {
    // Type and code are said of the original direction only, which has no addresses then.
    const reply = isIcmp(protocol) ? undefined : given(template.reply);
    const made = invert(reply);
    return reply && made ? [made, reply] : fail(command, 'EINVAL');
  }
  const reply = isIcmp(protocol) ? answerTo(original, template, invert) : given(template.reply);
  return original && reply && fits(family, protocol) ? [original, reply] : fail(command, 'EINVAL');
}

/** The answer's type belongs to the type; its addresses are as given. */
function answerTo(
  original: TupleFields | undefined,
  template: Template,
  invert: (tuple: TupleFields | undefined) => TupleFields | undefined,
): TupleFields | undefined {
  const answer = invert(original);
  const given = tupleOfEnds(template.reply, template, original ? IPPROTO_ICMP : 0);
  return answer && given ? { ...answer, src: given.src, dst: given.dst } : undefined;
}

function zoneOf(command: ParsedCommand): Pick<ConntrackEntry, 'zone' | 'zoneDir'> {
  const { zone, originalZone, replyZone } = command.template;
  const given = [zone, originalZone, replyZone].filter((one) => one !== undefined);
  if (given.length > 1) fail(command, 'EINVAL');
  const [id = 0] = given;
  if (originalZone !== undefined) return { zone: id, zoneDir: NF_CT_ZONE_DIR_ORIG };
  if (replyZone !== undefined) return { zone: id, zoneDir: NF_CT_ZONE_DIR_REPL };
  return { zone: id, zoneDir: NF_CT_DEFAULT_ZONE_DIR };
}

/** conntrack(8) switches the window tracking of what it makes off. */
function peersOf(state: number): readonly [TcpPeer, TcpPeer] {
  const closing = state >= TCP_CONNTRACK_TIME_WAIT ? IP_CT_TCP_FLAG_CLOSE_INIT : 0;
  const flags = IP_CT_TCP_FLAG_BE_LIBERAL | IP_CT_TCP_FLAG_SACK_PERM | closing;
  const peer = { end: 0, maxEnd: 0, maxWin: 0, maxAck: 0, scale: 0, flags };
  return [peer, peer];
}

function stateOf({ tcpState, sctpState, vtags }: Template): Partial<ConntrackEntry> {
  if (tcpState !== undefined)
    return { state: TCP_STATE_NAMES[tcpState] ?? 'NONE', tcp: peersOf(tcpState) };
  if (sctpState === undefined) return {};
  return {
    state: SCTP_STATE_NAMES[sctpState] ?? 'NONE',
    vtags: [vtags[0] ?? 0, vtags[1] ?? 0],
  };
}

/** Bits as 16 bytes in hex; those of `remove` are cleared. */
function labelsWith(
  before: string | undefined,
  add: ReadonlySet<number>,
  remove: ReadonlySet<number>,
): string {
  const bytes = before === undefined ? new Uint8Array(16) : Uint8Array.from(unhex(before));
  for (const bit of add) bytes[bit >>> 3]! |= 1 << (bit & 7);
  for (const bit of remove) bytes[bit >>> 3]! &= ~(1 << (bit & 7));
  return hex(bytes);
}

const NONE: ReadonlySet<number> = new Set();

/** The entry that a command describes. @throws ConntrackFault */
export function newEntry(command: ParsedCommand): ConntrackEntry {
  const { template } = command;
  const [original, reply] = directions(command);
  const { labelsChanged } = template;
  return {
    family: command.family ?? 'ip',
    protocol: template.protocol ?? 0,
    original,
    reply,
    timeout: Math.min(template.timeout ?? 0, LONGEST),
    status: (template.status ?? 0) & SETTABLE,
    ...stateOf(template),
    mark: template.mark?.value ?? 0,
    ...zoneOf(command),
    id: 0,
    ...(labelsChanged === undefined ? {} : { labels: labelsWith(undefined, labelsChanged, NONE) }),
  };
}

/** Answers whether it was made: with `add` one that is there already is left as it is. */
export function createEntry({ ct, nat }: ConnectionTable, command: ParsedCommand): boolean {
  const entry = newEntry(command);
  if (ct.connections.has(entry)) {
    if (command.command === 'add') return false;
    fail(command, 'EEXIST');
  }
  if (((command.template.status ?? 0) & IPS_EXPECTED) !== 0) fail(command, 'EBUSY');
  try {
    ct.connections.create(entry, (slot) => translate(nat, slot, entry.family, command.template));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    fail(command, 'ENOMEM');
  }
  return true;
}

/** ctnetlink_setup_nat(): with one translation, the other end is bound to what it has. */
function translate(nat: Nat, slot: number, family: 'ip' | 'ip6', { snat, dnat }: Template): void {
  const isNone = ({ address, port }: NatTo): boolean => address === undefined && port === undefined;
  if (isNone(snat) && isNone(dnat)) return;
  bind(nat, slot, family, dnat, NF_NAT_MANIP_DST);
  bind(nat, slot, family, snat, NF_NAT_MANIP_SRC);
}

function bind(
  nat: Nat,
  slot: number,
  family: 'ip' | 'ip6',
  { address, port }: NatTo,
  manip: Manip,
): void {
  const range = new NatRange();
  if (address === undefined) nat.keepEnd(slot, manip, range);
  else range.setAddresses(nat.ct.l3proto(slot), bytesOf(family, address));
  const ported = nat.ct.l4proto(slot) !== IPPROTO_GRE;
  if (port !== undefined && ported) range.setPorts(port);
  nat.setup(slot, range, manip);
}

/** The slot a command asks for with one direction's tuple. @throws ConntrackFault */
export function findEntry({ ct }: ConnectionTable, command: ParsedCommand): number {
  const { template } = command;
  const family = command.family ?? 'ip';
  const protocol = template.protocol ?? 0;
  if (template.original.src === undefined || template.original.dst === undefined)
    return fail(command, 'EINVAL');
  const original = tupleOfEnds(template.original, template, protocol);
  if (original === undefined) return fail(command, 'EINVAL');
  const slot = ct.connections.slotOf({ family, protocol, original, zone: 0 });
  return slot === 0 ? fail(command, 'ENOENT') : slot;
}

const newMark = ({ mark }: Template, before: number): number =>
  mark === undefined ? before : ((before & ~mark.mask) ^ mark.value) >>> 0;

function newLabels({ options, template }: ParsedCommand, before: string | undefined) {
  const { labelsChanged } = template;
  if (options.has('<')) return labelsWith(before, labelsChanged ?? NONE, NONE);
  if (!options.has('>') || before === undefined) return before;
  return labelsChanged === undefined
    ? labelsWith(undefined, NONE, NONE)
    : labelsWith(before, NONE, labelsChanged);
}

/** What an update makes of an entry; undefined where nothing would change. */
export function changedEntry(
  command: ParsedCommand,
  entry: ConntrackEntry,
): ConntrackEntry | undefined {
  const { template, options } = command;
  const { tcpState, sctpState } = template;
  const labels = newLabels(command, entry.labels);
  const next: ConntrackEntry = {
    ...entry,
    mark: newMark(template, entry.mark),
    status: entry.status | (template.status ?? 0),
    timeout: options.has('t') ? Math.min(template.timeout ?? 0, LONGEST) : entry.timeout,
    ...(tcpState === undefined ? {} : { state: TCP_STATE_NAMES[tcpState] ?? 'NONE' }),
    ...(sctpState === undefined ? {} : stateOf(template)),
    ...(labels === undefined ? {} : { labels }),
  };
  const same =
    next.mark === entry.mark &&
    next.status === entry.status &&
    next.timeout === entry.timeout &&
    next.state === entry.state &&
    next.labels === entry.labels;
  return same ? undefined : next;
}

/**
 * Changes the entry as the options say; answers whether anything is other than before. Entries of a
 * zone are not met: the tuple that conntrack(8) asks with says none.
 */
export function updateEntry(
  { ct }: ConnectionTable,
  command: ParsedCommand,
  slot: number,
): boolean {
  const entry = ct.entryOf(slot);
  const next = changedEntry(command, entry);
  if (next === undefined || ct.zone(slot, 0) !== 0) return false;
  // The kernel takes a state of SCTP's only with both tags.
  const { sctpState, vtags } = command.template;
  if (sctpState !== undefined && vtags.includes(undefined)) fail(command, 'EINVAL');
  const timed = next.timeout !== entry.timeout;
  if (timed && (entry.status & IPS_FIXED_TIMEOUT) !== 0) fail(command, 'EPERM');
  if (((next.status ^ entry.status) & IPS_EXPECTED) !== 0) fail(command, 'EBUSY');
  const settable = entry.status | (next.status & SETTABLE);
  const deadline = ct.store.table.deadline(slot);
  ct.connections.update({ ...next, status: settable });
  // Whole seconds are not all there is of a time that nobody set.
  if (!timed) ct.store.table.setDeadline(slot, deadline);
  return true;
}
