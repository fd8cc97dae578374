// Rules that ask sets about packets, on the kernel through iptables and on the engine by its own functions.

import type { ManualClock, Random } from '../../../src/core/index.ts';
import { createDevice, ETH_P_IP, ETH_P_IPV6, Nfproto, Packet } from '../../../src/core/index.ts';
import { IpSets, SetFlag, SetOptions, type SetPacket } from '../../../src/engine/index.ts';
import { listSets, parseIpsetRestore } from '../../../src/iptables/index.ts';
import { command } from '../command.ts';
import { frameFor } from '../frames.ts';
import type { Host } from '../host.ts';
import { ROUTER } from '../topology.ts';

export interface Asked {
  readonly action: 'match' | 'add' | 'del' | 'map';
  readonly set: string;
  readonly flags: string;
  readonly invert?: boolean;
  readonly returnNomatch?: boolean;
  /** `! --update-counters` and `! --update-subcounters` */
  readonly still?: boolean;
  readonly stillBelow?: boolean;
  readonly packets?: readonly ['eq' | 'lt' | 'gt', number];
  readonly bytes?: readonly ['eq' | 'lt' | 'gt', number];
  readonly exist?: boolean;
  readonly timeout?: number;
}

export interface Question {
  readonly family: 'inet' | 'inet6';
  /** Lines for ipset restore. */
  readonly sets: readonly string[];
  readonly rules: readonly Asked[];
  /** All arrive on eth0 and are forwarded to eth1. */
  readonly packets: readonly string[];
}

export interface Told {
  /** What each rule counted. */
  readonly counts: readonly number[];
  /** The sets as `ipset save` tells them. */
  readonly save: string;
}

const tool = ({ family }: Question): string =>
  family === 'inet6' ? 'ip6tables-legacy' : 'iptables-legacy';

function matchWords(asked: Asked): string[] {
  const { set, flags, packets, bytes } = asked;
  return [
    ...['-m', 'set', ...(asked.invert ? ['!'] : []), '--match-set', set, flags],
    ...(asked.returnNomatch ? ['--return-nomatch'] : []),
    ...(asked.still ? ['!', '--update-counters'] : []),
    ...(asked.stillBelow ? ['!', '--update-subcounters'] : []),
    ...(packets === undefined ? [] : [`--packets-${packets[0]}`, String(packets[1])]),
    ...(bytes === undefined ? [] : [`--bytes-${bytes[0]}`, String(bytes[1])]),
  ];
}

function wordsOf(asked: Asked): string[] {
  const { action, set, flags } = asked;
  if (action === 'match') return matchWords(asked);
  if (action === 'map') return ['-j', 'SET', '--map-set', set, flags, '--map-mark'];
  return [
    ...['-j', 'SET', `--${action}-set`, set, flags],
    ...(asked.exist ? ['--exist'] : []),
    ...(asked.timeout === undefined ? [] : ['--timeout', String(asked.timeout)]),
  ];
}

/** A rule behind each map counts the packets that have this mark. */
export const MAPPED = 0x5;
const behind = ({ action }: Asked): string[][] =>
  action === 'map' ? [['-m', 'mark', '--mark', `0x${MAPPED.toString(16)}`]] : [];

export function askKernel(host: Host, question: Question): Told {
  const program = tool(question);
  const chain = ['-t', 'mangle', '-A', 'FORWARD'];
  host.run(() => {
    command(program, ['-t', 'mangle', '-F']);
    for (const what of ['flush', 'destroy']) command('ipset', [what]);
    command('ipset', ['restore'], `${question.sets.join('\n')}\n`);
    for (const asked of question.rules)
      for (const words of [wordsOf(asked), ...behind(asked)])
        command(program, [...chain, ...words]);
  });
  for (const packet of question.packets) host.step({ on: 'eth0', packet });
  return host.run(() => {
    const listing = command(program, ['-t', 'mangle', '-L', 'FORWARD', '-v', '-x', '-n']);
    const rows = listing
      .split('\n')
      .slice(2)
      .filter((line) => line.trim() !== '');
    const save = command('ipset', ['save']);
    command(program, ['-t', 'mangle', '-F']);
    for (const what of ['flush', 'destroy']) command('ipset', [what]);
    return { counts: rows.map((row) => Number(row.trim().split(/\s+/)[0])), save };
  });
}

function optionsOf(asked: Asked): SetOptions {
  const options = new SetOptions(asked.flags);
  if (asked.exist) options.cmdflags |= SetFlag.exist;
  if (asked.returnNomatch) options.cmdflags |= SetFlag.returnNomatch;
  if (asked.still) options.cmdflags |= SetFlag.skipCounterUpdate;
  if (asked.stillBelow) options.cmdflags |= SetFlag.skipSubcounterUpdate;
  if (asked.packets || asked.bytes) options.cmdflags |= SetFlag.matchCounters;
  [options.packetsOp, options.packets] = asked.packets ?? ['none', 0];
  [options.bytesOp, options.bytes] = asked.bytes ?? ['none', 0];
  if (asked.timeout !== undefined) options.timeout = asked.timeout;
  return options;
}

const DEVICES = ROUTER.interfaces.map(({ name }, i) => createDevice({ index: i + 2, name }));
const ETH_HLEN = 14;

function setPacket(question: Question, notation: string): SetPacket {
  const frame = frameFor(notation, ROUTER.interfaces[0]!);
  const packet = new Packet();
  packet.fill(frame, ETH_HLEN);
  packet.protocol = question.family === 'inet6' ? ETH_P_IPV6 : ETH_P_IP;
  const pf = question.family === 'inet6' ? Nfproto.ip6 : Nfproto.ip;
  return { packet, in: DEVICES[0]!, out: DEVICES[1]!, pf };
}

/** One rule for one packet; true where it counts. */
function asks(
  sets: IpSets,
  index: number,
  asked: Asked,
  options: SetOptions,
  pkt: SetPacket,
): boolean {
  switch (asked.action) {
    case 'match':
      return sets.test(index, pkt, options) !== (asked.invert === true);
    case 'add':
      sets.add(index, pkt, options);
      return true;
    case 'del':
      sets.del(index, pkt, options);
      return true;
    default: {
      const { packet } = pkt;
      if (sets.test(index, pkt, options))
        packet.mark = ((packet.mark & ~options.skbmarkmask) ^ options.skbmark) >>> 0;
      return true;
    }
  }
}

export function askEngine(question: Question, clock: ManualClock, random: Random): Told {
  const sets = new IpSets({ clock, random });
  const { changes, problems } = parseIpsetRestore({
    name: 'sets',
    text: question.sets.join('\n'),
  });
  if (problems.length > 0) throw new Error(problems.map(({ text }) => text).join('\n'));
  for (const change of changes) {
    const error = sets.apply(change);
    if (error !== undefined) throw new Error(`${error}: ${change.source?.text}`);
  }
  const rules = question.rules.map((asked) => ({
    asked,
    options: optionsOf(asked),
    index: sets.get(asked.set),
    counts: [0, 0],
  }));
  for (const notation of question.packets) {
    const pkt = setPacket(question, notation);
    for (const { asked, options, index, counts } of rules) {
      if (asks(sets, index, asked, options, pkt)) counts[0]!++;
      if (asked.action === 'map' && pkt.packet.mark === MAPPED) counts[1]!++;
    }
  }
  const counts = rules.flatMap(({ asked, counts: [own = 0, next = 0] }) =>
    asked.action === 'map' ? [own, next] : [own],
  );
  return { counts, save: listSets(sets.list(), { output: 'save' }) };
}
