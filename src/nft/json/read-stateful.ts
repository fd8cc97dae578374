import type { Integer, LimitSpec, Span, StatefulStatement } from '../ast/index.ts';
import {
  asBoolean,
  asNumber,
  asObject,
  asQuantity,
  asWord,
  fail,
  given,
  maybe,
  need,
} from './reader.ts';
import type { JsonNode, ObjectNode } from './text.ts';

const UNITS = ['bytes', 'kbytes', 'mbytes'] as const;
type Unit = (typeof UNITS)[number];
const FACTOR: Readonly<Record<Unit, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 };

/** A number of bytes in a unit; like nft, modulo 2^64. */
function scale(value: Integer, unit: Unit): Integer {
  if (unit === 'bytes') return value;
  const bytes = BigInt.asUintN(64, BigInt(value) * BigInt(FACTOR[unit]));
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : bytes;
}

const unitOf = (node: ObjectNode, name: string): Unit =>
  maybe(node, name, (unit) => asWord(unit, UNITS)) ?? 'bytes';

/** `inv` of limits, quotas and counts: over instead of until. */
export const inverted = (node: ObjectNode): boolean => maybe(node, 'inv', asBoolean) ?? false;

/** The rate of a limit, in a statement and in an object. */
export function readLimit(node: ObjectNode): LimitSpec {
  const rate = asQuantity(need(node, 'rate'));
  const per = maybe(node, 'per', (unit) =>
    asWord(unit, ['second', 'minute', 'hour', 'day', 'week']),
  );
  const over = inverted(node);
  const inBytes = node.members.has('rate_unit') && !isPackets(need(node, 'rate_unit'));
  const burst = maybe(node, 'burst', asQuantity);
  const spec = { over, per: per ?? 'second' } as const;
  // A burst of 0 stands for the default of 5 packets.
  if (!inBytes) return { ...spec, unit: 'packets', rate, ...given('burst', burst || undefined) };
  const bytes = burst === undefined ? undefined : scale(burst, unitOf(node, 'burst_unit'));
  const scaled = scale(rate, unitOf(node, 'rate_unit'));
  return { ...spec, unit: 'bytes', rate: scaled, ...given('burst', bytes) };
}

const isPackets = (node: JsonNode): boolean => node.kind === 'string' && node.value === 'packets';

/** The anonymous form of a stateful statement, or undefined if the value names an object. */
export function readStateful(
  tag: string,
  value: JsonNode,
  span: Span,
): StatefulStatement | undefined {
  const object = value.kind === 'object' ? value : undefined;
  switch (tag) {
    case 'counter':
      return counter(value, object, span);
    case 'quota':
      return object?.members.has('val') ? quota(object, span) : undefined;
    case 'limit':
      return object?.members.has('rate')
        ? { kind: 'limit', span, ...readLimit(object) }
        : undefined;
    case 'ct count': {
      const spec = asObject(value);
      const count = asNumber(need(spec, 'val'));
      return { kind: 'ct count', span, count, over: inverted(spec) };
    }
    case 'last':
      return { kind: 'last', span, ...given('used', object && maybe(object, 'used', asTime)) };
  }
  return undefined;
}

const asTime = (node: JsonNode): number => asNumber(node, 0, Number.MAX_SAFE_INTEGER);

function counter(
  value: JsonNode,
  object: ObjectNode | undefined,
  span: Span,
): StatefulStatement | undefined {
  if (value.kind === 'null') return { kind: 'counter', span, packets: 0, bytes: 0 };
  if (!object?.members.has('packets') || !object.members.has('bytes')) return undefined;
  const packets = asQuantity(need(object, 'packets'));
  return { kind: 'counter', span, packets, bytes: asQuantity(need(object, 'bytes')) };
}

function quota(node: ObjectNode, span: Span): StatefulStatement {
  const bytes = scale(asQuantity(need(node, 'val')), unitOf(node, 'val_unit'));
  const used = maybe(node, 'used', asQuantity) ?? 0;
  const scaled = scale(used, unitOf(node, 'used_unit'));
  return { kind: 'quota', span, over: inverted(node), bytes, used: scaled };
}

const TAGS = ['counter', 'quota', 'limit', 'ct count', 'last'];

/** Statements among the properties of an element, in their order: `{"val": …, "counter": {…}}`. */
export const statefulMembers = (elem: ObjectNode): StatefulStatement[] =>
  [...elem.members].flatMap(([tag, value]) => {
    if (!TAGS.includes(tag)) return [];
    return [readStateful(tag, value, value.span) ?? fail(value, `this is no ${tag}`)];
  });
