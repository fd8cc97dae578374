// Makes plain fields of an entry, when a person asks.

import { formatIPv4, formatIPv6, hex } from '../bytes/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP } from '../uapi/index.ts';
import { NF_CT_DEFAULT_ZONE_DIR, NFPROTO_IPV4, TCP_STATE_NAMES } from './constants.ts';
import type { ConntrackEntry, TcpPeer, TupleFields } from './entry.ts';
import { S_VTAG, sctpStateName } from './sctp-states.ts';
import type { MasterSide } from './sides.ts';
import { SIDE_ACCT, SIDE_TIME } from './sides.ts';
import type { Store } from './store.ts';
import { CHUNK_MASK, W_ID, W_L4, W_MARK, W_STATUS, W_ZONE } from './table.ts';
import {
  L_FLAGS,
  L_SCALES,
  L_STATE,
  L_TD_END,
  L_TD_MAXACK,
  L_TD_MAXEND,
  L_TD_MAXWIN,
} from './tcp-layout.ts';
import type { Tuple } from './tuple.ts';
import {
  createTuple,
  dstPortOf,
  l3Of,
  l4Of,
  putAddress,
  srcPortOf,
  T_DST,
  T_SRC,
} from './tuple.ts';

/** An address of a tuple as text. */
export function addressText(tuple: Tuple, from: number): string {
  if (l3Of(tuple) === NFPROTO_IPV4) return formatIPv4(tuple[from]! >>> 0);
  const bytes = new Uint8Array(16);
  putAddress(tuple, from, bytes, 0);
  return formatIPv6(bytes);
}

/** The part of a tuple behind the addresses; protocols without ports have none. */
function protocolFields(tuple: Tuple): Partial<TupleFields> {
  const protocol = l4Of(tuple);
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
    const low = dstPortOf(tuple);
    return { type: low >>> 8, code: low & 0xff, id: srcPortOf(tuple) };
  }
  // TCP, UDP, UDP-Lite, SCTP, GRE; the conntrack command prints zeros for DCCP.
  if (![6, 17, 136, 132, 47, 33].includes(protocol)) return {};
  return { sport: srcPortOf(tuple), dport: dstPortOf(tuple) };
}

export function tupleFields(tuple: Tuple): TupleFields {
  return {
    src: addressText(tuple, T_SRC),
    dst: addressText(tuple, T_DST),
    ...protocolFields(tuple),
  };
}

function directionFields(store: Store, slot: number, dir: number): TupleFields {
  const tuple = createTuple();
  store.table.readTuple(slot, dir, tuple);
  const fields = tupleFields(tuple);
  if (!store.sides.has(store.table, slot, SIDE_ACCT)) return fields;
  const counters = store.table.countersFor(slot);
  const at = (slot & CHUNK_MASK) * 4 + dir * 2;
  return { ...fields, packets: counters[at]!, bytes: counters[at + 1]! };
}

function tcpPeer(store: Store, slot: number, dir: number): TcpPeer {
  const word = (offset: number): number => store.table.get(slot, W_L4 + offset) >>> 0;
  return {
    end: word(L_TD_END + dir),
    maxEnd: word(L_TD_MAXEND + dir),
    maxWin: word(L_TD_MAXWIN + dir),
    maxAck: word(L_TD_MAXACK + dir),
    scale: (word(L_SCALES) >>> (8 * dir)) & 0xff,
    flags: (word(L_FLAGS) >>> (8 * dir)) & 0xff,
  };
}

function protocolState(store: Store, slot: number, protocol: number): Partial<ConntrackEntry> {
  const state = store.table.get(slot, W_L4 + L_STATE);
  if (protocol === IPPROTO_TCP)
    return {
      state: TCP_STATE_NAMES[state] ?? 'NONE',
      tcp: [tcpPeer(store, slot, 0), tcpPeer(store, slot, 1)],
    };
  if (protocol !== IPPROTO_SCTP) return {};
  const vtag = (dir: number): number => store.table.get(slot, W_L4 + S_VTAG + dir) >>> 0;
  return { state: sctpStateName(state), vtags: [vtag(0), vtag(1)] };
}

/** Private state of a helper is plain data. */
const copyOf = (data: unknown): unknown => JSON.parse(JSON.stringify(data));

const masterTuple = ({ original }: MasterSide): NonNullable<ConntrackEntry['masterTuple']> => ({
  ...tupleFields(original),
  protocol: l4Of(original),
});

function rareFields(store: Store, slot: number): Partial<ConntrackEntry> {
  const { table, sides } = store;
  const labels = sides.labels(table, slot);
  const helper = sides.helper(table, slot);
  const secmark = sides.secmark(table, slot);
  const master = sides.master(table, slot);
  const adjust = sides.seqAdjust(table, slot);
  return {
    ...(labels === null ? {} : { labels: hex(labels) }),
    ...(helper === null ? {} : { helper: helper.name }),
    ...(helper === null || helper.data === null ? {} : { helperData: copyOf(helper.data) }),
    ...(secmark === 0 ? {} : { secmark }),
    ...(master === null ? {} : { master: master.id >>> 0, masterTuple: masterTuple(master) }),
    ...(adjust === null ? {} : { seqadj: [{ ...adjust[0] }, { ...adjust[1] }] as const }),
    ...timeFields(store, slot),
  };
}

function timeFields(store: Store, slot: number): Partial<ConntrackEntry> {
  if (!store.sides.has(store.table, slot, SIDE_TIME)) return {};
  const times = store.table.timesFor(slot);
  const start = times[(slot & CHUNK_MASK) * 2]!;
  const stop = times[(slot & CHUNK_MASK) * 2 + 1]!;
  const until = stop === 0 ? store.netns.clock.realtime() : stop;
  const age = Math.max(0, Math.floor(until - start));
  return stop === 0 ? { start, age } : { start, stop, age };
}

/** nf_ct_expires(): whole seconds left, 0 when over. An unconfirmed entry has its whole time left. */
export function secondsLeft(store: Store, slot: number): number {
  const deadline = store.table.deadline(slot);
  const confirmed = (store.status(slot) & 8) !== 0;
  const left = confirmed ? deadline - store.now : deadline;
  return Math.max(0, Math.floor(left / 1e9));
}

/** Everything about an entry; the slot may be reused afterwards. */
export function snapshotEntry(store: Store, slot: number): ConntrackEntry {
  const { table } = store;
  const tuple = createTuple();
  table.readTuple(slot, 0, tuple);
  const zone = table.get(slot, W_ZONE);
  const zoneDir = zone >>> 16;
  return {
    family: l3Of(tuple) === NFPROTO_IPV4 ? 'ip' : 'ip6',
    protocol: l4Of(tuple),
    original: directionFields(store, slot, 0),
    reply: directionFields(store, slot, 1),
    timeout: secondsLeft(store, slot),
    status: table.get(slot, W_STATUS),
    ...protocolState(store, slot, l4Of(tuple)),
    mark: table.get(slot, W_MARK) >>> 0,
    zone: zone & 0xffff,
    ...(zoneDir === NF_CT_DEFAULT_ZONE_DIR ? {} : { zoneDir }),
    id: table.get(slot, W_ID) >>> 0,
    ...rareFields(store, slot),
  };
}
