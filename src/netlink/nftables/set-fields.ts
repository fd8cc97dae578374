// The fields of a set's keys and data, from what its declaration says.

import type { SetSpec } from '../../program/index.ts';
import { hostBytes, typeFields, typeLength } from './datatypes.ts';
import type { SetFields } from './flow.ts';
import { storedByTypeof } from './keys-order.ts';
import { Order, type Slice } from './registers.ts';

type Declared = Omit<SetSpec, 'elements'>;

export const padded = (length: number): number => (length + 3) & ~3;

function slicesOf(
  type: string,
  lengths: readonly number[],
  origins: readonly string[],
  fixed: number | undefined,
): Slice[] {
  let at = 0;
  return typeFields(type).map((name, i) => {
    const length = lengths[i] ?? 4;
    const order = new Order(
      fixed ?? hostBytes(name, length) ?? storedByTypeof(origins[i] ?? '')?.host,
    );
    const slice = { at, length, order };
    at += padded(length);
    return slice;
  });
}

/** Bytes of each field of the data: of one field what the set says, of several what types say. */
export function dataLengths(set: Declared): readonly number[] {
  const names = typeFields(set.dataType ?? '');
  return names.length > 1 ? names.map(typeLength) : [set.dataLen ?? typeLength(names[0]!)];
}

export const keyLengths = (set: Declared): readonly number[] => set.fieldLens ?? [set.keyLen];

/** Ranges are compared as bytes, so an interval set holds numbers in network order (rbtree, pipapo). */
export function fieldsOf(set: Declared): SetFields {
  const origin = (text: string | undefined): readonly string[] => text?.split(' . ') ?? [];
  const ranges = set.flags.includes('interval') ? 0 : undefined;
  const isValue = set.dataType !== undefined && set.dataType !== 'verdict';
  return {
    key: slicesOf(set.keyType, keyLengths(set), origin(set.keyTypeof), ranges),
    data: isValue
      ? slicesOf(set.dataType, dataLengths(set), origin(set.dataTypeof), undefined)
      : [],
  };
}

/** Types that nftables calls host-endian although turning them would be wrong: text and bytes. */
const HOST_BY_NAME = new Set(['ifname', 'string', 'pkt_type', 'day']);

/**
 * Whether nftables takes values of the type for host-endian, which it reads from the userdata of a
 * set. That is about the type: ranges are stored in network order all the same.
 */
export function isHostType(type: string, [first]: readonly Slice[]): boolean {
  if (HOST_BY_NAME.has(type)) return true;
  return (hostBytes(type, first?.length ?? 0) ?? first?.order.hostBytes ?? 0) > 0;
}
