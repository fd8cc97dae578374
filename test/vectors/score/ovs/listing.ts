// Connections as `ovs-appctl dpctl/dump-conntrack` prints them, and what the vectors pipe them through.

import type { ConntrackEntry, TupleFields } from '../../../../src/conntrack/index.ts';
import { type Conntrack, protocolName } from '../../../../src/conntrack/index.ts';
import { labelOf } from './fields.ts';

function tupleText(fields: TupleFields, protocol: number): string {
  const ends = `src=${fields.src},dst=${fields.dst}`;
  if (protocol === 1 || protocol === 58)
    return `(${ends},id=${fields.id},type=${fields.type},code=${fields.code})`;
  return fields.sport === undefined
    ? `(${ends})`
    : `(${ends},sport=${fields.sport},dport=${fields.dport})`;
}

function lineOf(ct: Conntrack, slot: number): string {
  const entry: ConntrackEntry = ct.entryOf(slot);
  const { protocol, zone, mark, state } = entry;
  const labels = labelOf(ct, slot);
  const helper = ct.helper(slot);
  return [
    `${protocolName(protocol)},orig=${tupleText(entry.original, protocol)}`,
    `reply=${tupleText(entry.reply, protocol)}`,
    ...(zone === 0 ? [] : [`zone=${zone}`]),
    ...(mark === 0 ? [] : [`mark=${mark >>> 0}`]),
    ...(labels === 0n ? [] : [`labels=0x${labels.toString(16)}`]),
    ...(state === undefined ? [] : [`protoinfo=(state=${state})`]),
    ...(helper === '' ? [] : [`helper=${helper}`]),
  ].join(',');
}

/** FORMAT_CT of system-common-macros.at: lines of one address, what changes from run to run cleared. */
const formatted = (lines: readonly string[], address: string): string[] => [
  ...new Set(
    lines
      .filter((line) => line.includes(`dst=${address}`))
      .map((line) =>
        line
          .replaceAll(/port=\d+/g, 'port=<cleared>')
          .replaceAll(/id=\d+/g, 'id=<cleared>')
          .replaceAll(/state=\w+/g, 'state=<cleared>'),
      )
      .sort(),
  ),
];

function pipe(lines: readonly string[], command: string): readonly string[] {
  const format = /^FORMAT_CT\((.*)\)$/.exec(command);
  if (format !== null) return formatted(lines, format[1]!);
  const grep = /^grep "(.*)"$/.exec(command);
  if (grep !== null) return lines.filter((line) => new RegExp(grep[1]!).test(line));
  const sed = /^sed "s\/(.*)\/\/"$/.exec(command);
  if (sed !== null) return lines.map((line) => line.replace(new RegExp(sed[1]!), ''));
  if (command === 'sort') return lines.toSorted();
  if (command === 'uniq') return lines.filter((line, i) => line !== lines[i - 1]);
  throw new SyntaxError(`${command} is not known here`);
}

/** @param filter options of the dump, and commands it is piped through */
export function listConnections(ct: Conntrack, filter: string): readonly string[] {
  const [options = '', ...commands] = filter.split('|').map((part) => part.trim());
  if (options.includes('-exp')) return listExpected(ct, options, commands);
  const zone = /zone=(\d+)/.exec(options)?.[1];
  const lines = [...ct.connections.slots()]
    .filter((slot) => zone === undefined || ct.zoneId(slot) === Number(zone))
    .map((slot) => lineOf(ct, slot));
  return commands.reduce(pipe, lines);
}

function listExpected(
  ct: Conntrack,
  options: string,
  commands: readonly string[],
): readonly string[] {
  const zone = /zone=(\d+)/.exec(options)?.[1];
  const lines = [...ct.expectations.dump()]
    .filter((one) => zone === undefined || one.zone === Number(zone))
    .map(({ protocol, tuple, master }) => {
      const parent = tupleText(master, protocol);
      return `${protocolName(protocol)},orig=${tupleText(tuple, protocol)},parent=${parent}`;
    });
  return commands.reduce(pipe, lines);
}
