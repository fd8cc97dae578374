// What became of a packet, in words.

import { hex, u16, unhex } from '../../bytes/index.ts';
import { fieldsBetween } from '../../trace/index.ts';
import { describePacket } from '../describe.ts';
import type { Aspect, Effect } from './side.ts';

const LINK_HEADER = 14;

/** `out eth1 mark 0x1: IP 10.0.0.2.1 > …` */
function sentText(line: string): string {
  const at = line.lastIndexOf(' ');
  const bytes = unhex(line.slice(at + 1));
  const type = u16(bytes, LINK_HEADER - 2);
  return `out ${line.slice(0, at)}: ${describePacket(bytes.subarray(LINK_HEADER), type)}`;
}

/** What became of a packet, a line for each thing a person could notice. */
function effectText(effect: Effect, aspect: Aspect): string[] {
  const { sent, delivered, queued, connections } = effect;
  if (aspect === 'connections') return [...connections];
  if (aspect === 'marked' || aspect === 'logged' || aspect === 'acts') return [...effect[aspect]];
  if (aspect === 'rules') return [effect.rules.join(', ') || 'no rule'];
  const lines = [
    ...queued,
    ...sent.map(sentText),
    ...delivered.map((line) => `delivered${line.slice(0, line.lastIndexOf(' '))}`),
  ];
  if (lines.length === 0 && !effect.isRefused) return ['let through, and nobody here takes it'];
  return effect.isRefused ? [...lines, 'dropped'] : lines;
}

type Telling = readonly [first: string[], second: string[]];

/** What both became, and where that reads the same the fields that differ. */
export function effectTexts(a: Effect, b: Effect, aspect: Aspect): Telling {
  const first = effectText(a, aspect);
  const second = effectText(b, aspect);
  if ((aspect !== 'sent' && aspect !== 'delivered') || first.join('\n') !== second.join('\n'))
    return [first, second];
  const at = a[aspect].findIndex((line, i) => line !== b[aspect][i]);
  const [one = '', other = ''] = [a[aspect][at], b[aspect][at]];
  const fields = fieldsText(partsOf(one, aspect), partsOf(other, aspect));
  return [
    [...first, ...fields[0]],
    [...second, ...fields[1]],
  ];
}

/** `with ip length 44, tcp doff 0x60`: checksums only where nothing else differs. */
function fieldsText(first: Parts, second: Parts): Telling {
  const link = [hex(first.link), hex(second.link)] as const;
  const changes = fieldsBetween(first.network, second.network, first.protocol);
  if (link[0] !== link[1])
    changes.unshift({ field: 'link header', before: link[0], after: link[1] });
  const plain = changes.filter(({ field }) => !field.endsWith('checksum'));
  const line = (side: 'before' | 'after') =>
    (plain.length > 0 ? plain : changes)
      .map((change) => `${change.field} ${change[side] || 'none'}`)
      .join(', ');
  return changes.length === 0
    ? [[], []]
    : [[`  with ${line('before')}`], [`  with ${line('after')}`]];
}

interface Parts {
  readonly link: Uint8Array;
  readonly network: Uint8Array;
  readonly protocol: number;
}

/** What left has a link header, what was delivered none. */
function partsOf(line: string, aspect: 'sent' | 'delivered'): Parts {
  const bytes = unhex(line.slice(line.lastIndexOf(' ') + 1));
  const length = aspect === 'sent' ? LINK_HEADER : 0;
  const network = bytes.subarray(length);
  const protocol =
    aspect === 'sent' ? u16(bytes, LINK_HEADER - 2) : network[0]! >>> 4 === 6 ? 0x86dd : 0x0800;
  return { link: bytes.subarray(0, length), network, protocol };
}
