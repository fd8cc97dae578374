// An expectation as a person or a tool sees it: plain fields, and the line `conntrack -L expect` prints.

import { formatIPv4, formatIPv6 } from '../bytes/index.ts';
import {
  NF_CT_EXPECT_INACTIVE,
  NF_CT_EXPECT_PERMANENT,
  NF_CT_EXPECT_USERSPACE,
  NFPROTO_IPV4,
} from './constants.ts';
import type { TupleFields } from './entry.ts';
import { protocolPart } from './entry.ts';
import type { Expectation } from './expect.ts';
import type { ExpectationRequest } from './expectations.ts';
import { tupleOf } from './fields.ts';
import type { Store } from './store.ts';
import { createTuple, l3Of, l4Of, T_DST, T_PORTS, T_PROTO, type Tuple } from './tuple.ts';
import { tupleFields } from './view.ts';

export interface ExpectationEntry {
  readonly family: 'ip' | 'ip6';
  readonly protocol: number;
  readonly tuple: TupleFields;
  /** Which bits of the source count; 0.0.0.0 is any address. */
  readonly mask: TupleFields;
  /** Original direction of the connection that announced it, and its protocol. */
  readonly master: TupleFields & { readonly protocol: number };
  readonly zone: number;
  /** Whole seconds left. */
  readonly timeout: number;
  readonly class: number;
  /** NF_CT_EXPECT_*. */
  readonly flags: number;
  /** Helper of the master, and that of the expected connection. */
  readonly masterHelper?: string;
  readonly helper?: string;
  /** What is done with the expected connection (CTA_EXPECT_FN). */
  readonly fn?: string;
  /** CTA_EXPECT_NAT: the direction, and the end before translation. */
  readonly nat?: { readonly direction: 0 | 1; readonly address: string; readonly port: number };
}

function addressOf(words: readonly number[], l3: number): string {
  if (l3 === NFPROTO_IPV4) return formatIPv4(words[0]! >>> 0);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setInt32(4 * i, word);
  return formatIPv6(bytes);
}

function natOf(one: Expectation, l3: number): Partial<ExpectationEntry> {
  if (one.savedPort === 0 && one.savedAddress.every((word) => word === 0)) return {};
  const address = addressOf(one.savedAddress, l3);
  return { nat: { direction: one.direction, address, port: one.savedPort } };
}

/** ctnetlink_exp_dump_mask(): the destination is no part of a mask, and always counts whole. */
function maskFields(one: Expectation): TupleFields {
  const mask: Tuple = one.mask.slice();
  mask[T_PROTO] = one.tuple[T_PROTO]!;
  mask[T_PORTS] = mask[T_PORTS]! | 0xffff;
  mask.fill(-1, T_DST, T_DST + (l3Of(one.tuple) === NFPROTO_IPV4 ? 1 : 4));
  return tupleFields(mask);
}

export function snapshotExpectation(store: Store, one: Expectation): ExpectationEntry {
  const l3 = l3Of(one.tuple);
  const master = createTuple();
  store.table.readTuple(one.master, 0, master);
  const masterHelper = store.sides.helper(store.table, one.master)?.name ?? '';
  return {
    family: l3 === NFPROTO_IPV4 ? 'ip' : 'ip6',
    protocol: l4Of(one.tuple),
    tuple: tupleFields(one.tuple),
    mask: maskFields(one),
    master: { ...tupleFields(master), protocol: l4Of(master) },
    zone: one.zone,
    timeout: Math.max(0, Math.floor((one.deadline - store.now) / 1e9)),
    class: one.class,
    flags: one.flags,
    ...(masterHelper === '' ? {} : { masterHelper }),
    ...(one.helper === '' ? {} : { helper: one.helper }),
    ...(one.fn === '' ? {} : { fn: one.fn }),
    ...natOf(one, l3),
  };
}

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [NF_CT_EXPECT_PERMANENT, 'PERMANENT'],
  [NF_CT_EXPECT_INACTIVE, 'INACTIVE'],
  [NF_CT_EXPECT_USERSPACE, 'USERSPACE'],
];

const endsText = (prefix: string, protocol: number, t: TupleFields): string =>
  `${prefix}src=${t.src} ${prefix}dst=${t.dst}${protocolPart(protocol, t)}`;

/** The line `conntrack -L expect` prints; the kernel does not tell it the zone. */
export function describeExpectation(entry: ExpectationEntry): string {
  const flags = FLAG_NAMES.filter(([bit]) => (entry.flags & bit) !== 0).map(([, name]) => name);
  return [
    `${entry.timeout} proto=${entry.protocol}`,
    endsText('', entry.protocol, entry.tuple),
    endsText('mask-', entry.protocol, entry.mask),
    endsText('master-', entry.master.protocol, entry.master),
    ...(flags.length === 0 ? [] : [flags.join(',')]),
    `class=${entry.class}`,
    ...(entry.masterHelper === undefined ? [] : [`helper=${entry.masterHelper}`]),
  ].join(' ');
}

/** What {@link snapshotExpectation} gave, asked for again. */
export function requestOf(entry: ExpectationEntry): Omit<ExpectationRequest, 'master'> {
  const { family, protocol, nat } = entry;
  const tuple = tupleOf(family, protocol, entry.tuple);
  const mask = tupleOf(family, protocol, entry.mask);
  mask.fill(0, T_DST, T_DST + 4);
  const saved = nat === undefined ? undefined : { ...entry.tuple, dst: nat.address };
  return {
    tuple,
    mask,
    timeout: entry.timeout,
    class: entry.class,
    flags: entry.flags,
    helper: entry.helper ?? '',
    fn: entry.fn ?? '',
    ...(nat === undefined || saved === undefined
      ? {}
      : {
          direction: nat.direction,
          savedPort: nat.port,
          savedAddress: [...tupleOf(family, protocol, saved).subarray(T_DST, T_DST + 4)],
        }),
  };
}
