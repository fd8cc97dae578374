// Entries and expectations in the form that `-o` asks for.

import {
  type ConntrackEntry,
  describeEntry,
  describeExpectation,
  type ExpectationEntry,
  IPS_ASSURED,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  NF_CT_DEFAULT_ZONE_DIR,
  NF_CT_ZONE_DIR_ORIG,
  type TupleFields,
} from '../../../conntrack/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
} from '../../../uapi/index.ts';
import type { Labels } from './labels.ts';
import { hasLabel, translated } from './match.ts';
import { HANDLERS } from './protocols.ts';
import type { Output } from './template.ts';
import { entryXml, expectationXml, xmlHead } from './xml.ts';

export type EventKind = 'new' | 'update' | 'destroy';

export interface PrintStyle {
  readonly output: ReadonlySet<Output>;
  /** Only with -o labels. */
  readonly labels?: Labels;
  readonly use?: number | 'unknown';
  readonly event?: EventKind;
  /** What the kernel did not tell, EntryStyle. */
  readonly absent?: readonly string[];
  /** The command `-o save` writes, where no event says. */
  readonly saveAs?: '-A' | '-D';
  readonly now: Date;
}

const TAGS: Readonly<Record<EventKind, string>> = {
  new: '    [NEW] ',
  update: ' [UPDATE] ',
  destroy: '[DESTROY] ',
};

const SAVE_AS: Readonly<Record<EventKind, string>> = { new: '-A', update: '-U', destroy: '-D' };

/** The time a line of -o timestamp begins with. */
export function stamp(now: Date, width: number): string {
  const seconds = String(Math.floor(now.getTime() / 1000)).padEnd(width);
  const micros = String(now.getMilliseconds() * 1000);
  return `[${seconds}.${width === 8 ? micros.padEnd(6) : micros.padStart(6, '0')}]\t`;
}

function labelNames(entry: ConntrackEntry, labels: Labels | undefined): string[] {
  if (labels === undefined) return [];
  const names: string[] = [];
  for (let bit = 0; bit < 128; bit++) {
    const name = hasLabel(entry.labels, bit) ? labels.nameOf(bit) : undefined;
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** One line, without its end. */
export function entryLine(entry: ConntrackEntry, style: PrintStyle): string {
  const { output, event, use } = style;
  if (output.has('save')) {
    const command = event === undefined ? (style.saveAs ?? '-A') : SAVE_AS[event];
    return `${command} ${saveText(entry)}`;
  }
  const labels = labelNames(entry, output.has('labels') ? style.labels : undefined);
  const times = output.has('ktimestamp');
  const shared = { times, labels, ...(use === undefined ? {} : { use }) };
  if (output.has('xml'))
    return entryXml(entry, {
      ...shared,
      ...(event === undefined ? {} : { event }),
      ...(output.has('timestamp') && event !== undefined ? { when: style.now } : {}),
    });
  const line = describeEntry(entry, {
    ...shared,
    layer3: output.has('extended'),
    ...(style.absent && { absent: style.absent }),
    id: output.has('id'),
  });
  return event === undefined ? line : TAGS[event] + line;
}

export function expectationLine(entry: ExpectationEntry, style: PrintStyle): string {
  const { output, event, now } = style;
  const timed = output.has('timestamp');
  if (output.has('xml'))
    return expectationXml(entry, {
      ...(event === undefined ? {} : { event }),
      ...(timed ? { when: now } : {}),
    });
  const line = describeExpectation(entry);
  return `${timed ? stamp(now, 8) : ''}${event === undefined ? '' : TAGS[event]}${line}`;
}

const STATUS: readonly (readonly [number, string])[] = [
  [IPS_EXPECTED, 'EXPECTED'],
  [IPS_SEEN_REPLY, 'SEEN_REPLY'],
  [IPS_ASSURED, 'ASSURED'],
  [IPS_FIXED_TIMEOUT, 'FIXED_TIMEOUT'],
];

function zoneText({ zone, zoneDir = NF_CT_DEFAULT_ZONE_DIR }: ConntrackEntry): string[] {
  if (zone === 0) return [];
  if (zoneDir === NF_CT_DEFAULT_ZONE_DIR) return [`-w ${zone}`];
  return [`${zoneDir === NF_CT_ZONE_DIR_ORIG ? '--orig-zone' : '--reply-zone'} ${zone}`];
}

function endsText(protocol: number, original: TupleFields, reply: TupleFields): string[] {
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
    const name = protocol === IPPROTO_ICMP ? 'icmp' : 'icmpv6';
    const { type, code, id } = original;
    return [`--${name}-type ${type}`, `--${name}-code ${code}`, `--${name}-id ${id}`];
  }
  if (original.sport === undefined || protocol === IPPROTO_DCCP) return [];
  const names =
    protocol === IPPROTO_GRE
      ? ['--srckey', '--dstkey', '--reply-key-src', '--reply-key-dst']
      : ['--sport', '--dport', '--reply-port-src', '--reply-port-dst'];
  const values = [original.sport, original.dport, reply.sport, reply.dport];
  return names.map((name, i) => `${name} ${values[i]}`);
}

/** The options that would make this entry again. */
function saveText(entry: ConntrackEntry): string {
  const { original, reply, protocol, status, state, vtags } = entry;
  const names = STATUS.filter(([bit]) => (status & bit) !== 0).map(([, name]) => name);
  const handler = HANDLERS.find((one) => one.protocol === protocol);
  return [
    `-t ${entry.timeout}`,
    `-u ${names.join(',') || 'UNSET'}`,
    ...zoneText(entry),
    `-s ${original.src}`,
    `-d ${original.dst}`,
    `${translated(entry, 'destination').addressMoved ? '-g' : '-r'} ${reply.src}`,
    `${translated(entry, 'source').addressMoved ? '-n' : '-q'} ${reply.dst}`,
    `-p ${handler?.name ?? protocol}`,
    ...(handler === undefined ? [] : endsText(protocol, original, reply)),
    ...(state === undefined ? [] : [`--state ${state}`]),
    ...(protocol === IPPROTO_SCTP && vtags !== undefined
      ? [`--orig-vtag ${vtags[0]}`, `--reply-vtag ${vtags[1]}`]
      : []),
  ].join(' ');
}

/** Lines of a listing, with the frame of XML where there is anything in it. */
export function linesText(
  lines: readonly string[],
  output: ReadonlySet<Output>,
  table: string,
): string {
  const text = lines.join('');
  const framed = lines.length > 0 && output.has('xml') && !output.has('save');
  return framed ? `${xmlHead(table)}${text}</${table}>\n` : text;
}
