// `conntrack -o xml`: an entry or an expectation is one line (libnetfilter_conntrack, snprintf_xml.c).

import {
  type ConntrackEntry,
  type ExpectationEntry,
  IPS_ASSURED,
  IPS_SEEN_REPLY,
  NF_CT_DEFAULT_ZONE_DIR,
  NF_CT_EXPECT_INACTIVE,
  NF_CT_EXPECT_PERMANENT,
  NF_CT_EXPECT_USERSPACE,
  NF_CT_ZONE_DIR_ORIG,
  NF_CT_ZONE_DIR_REPL,
  protocolName,
  SCTP_STATE_NAMES,
  TCP_STATE_NAMES,
  type TupleFields,
} from '../../../conntrack/index.ts';
import { IPPROTO_GRE, IPPROTO_SCTP } from '../../../uapi/index.ts';

export interface XmlStyle {
  readonly event?: 'new' | 'update' | 'destroy';
  readonly times?: boolean;
  readonly labels?: readonly string[];
  readonly use?: number | 'unknown';
  /** The time of printing. */
  readonly when?: Date;
}

export const xmlHead = (table: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<${table}>\n`;

const element = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `<${name}>${value}</${name}>`;

const LAYER3 = {
  ip: 'protonum="2" protoname="ipv4"',
  ip6: 'protonum="10" protoname="ipv6"',
} as const;

const layer4 = (protocol: number): string =>
  `protonum="${protocol}" protoname="${protocolName(protocol)}"`;

function portsXml(protocol: number, { sport, dport }: TupleFields): string {
  if (sport === undefined || dport === undefined) return '';
  return protocol === IPPROTO_GRE
    ? element('srckey', `0x${sport.toString(16)}`) + element('dstkey', `0x${dport.toString(16)}`)
    : element('sport', sport) + element('dport', dport);
}

const addressesXml = ({ src, dst }: TupleFields): string =>
  element('src', src) + element('dst', dst);

function directionXml(entry: ConntrackEntry, direction: 'original' | 'reply'): string {
  const { family, protocol, zone } = entry;
  const tuple = entry[direction];
  const dir = direction === 'original' ? NF_CT_ZONE_DIR_ORIG : NF_CT_ZONE_DIR_REPL;
  const counters =
    tuple.packets === undefined
      ? ''
      : element('counters', element('packets', tuple.packets) + element('bytes', tuple.bytes ?? 0));
  return [
    `<meta direction="${direction}">`,
    `<layer3 ${LAYER3[family]}>${addressesXml(tuple)}</layer3>`,
    `<layer4 ${layer4(protocol)}>${portsXml(protocol, tuple)}</layer4>`,
    zone !== 0 && entry.zoneDir === dir ? element('zone', zone) : '',
    counters,
    '</meta>',
  ].join('');
}

/** The library looks SCTP's states up among TCP's names. */
const stateXml = ({ protocol, state }: ConntrackEntry): string | undefined =>
  protocol === IPPROTO_SCTP && state !== undefined
    ? TCP_STATE_NAMES[SCTP_STATE_NAMES.indexOf(state)]
    : state;

const timesXml = ({ start, stop }: ConntrackEntry): string => {
  const nanoseconds = (seconds: number | undefined): string | undefined =>
    seconds === undefined ? undefined : String(BigInt(Math.round(seconds * 1e6)) * 1000n);
  if (start === undefined) return '';
  return element(
    'timestamp',
    element('start', nanoseconds(start)) + element('stop', nanoseconds(stop)),
  );
};

function metaXml(entry: ConntrackEntry, style: XmlStyle): string {
  const { zone, status } = entry;
  const both = (entry.zoneDir ?? NF_CT_DEFAULT_ZONE_DIR) === NF_CT_DEFAULT_ZONE_DIR;
  const { labels = [], use = 1 } = style;
  return [
    '<meta direction="independent">',
    element('state', stateXml(entry)),
    element('timeout', entry.timeout),
    element('mark', entry.mark >>> 0),
    labels.length === 0
      ? ''
      : element('labels', labels.map((name) => element('label', name)).join('')),
    zone !== 0 && both ? element('zone', zone) : '',
    use === 'unknown' ? '' : element('use', use),
    element('id', entry.id),
    (status & IPS_ASSURED) === 0 ? '' : '<assured/>',
    (status & IPS_SEEN_REPLY) === 0 ? '<unreplied/>' : '',
    style.times === true ? timesXml(entry) : '',
    element('deltatime', entry.age),
    '</meta>',
  ].join('');
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time, as the library has it. */
const whenXml = (when: Date | undefined): string =>
  when === undefined
    ? ''
    : element(
        'when',
        element('hour', when.getHours()) +
          element('min', two(when.getMinutes())) +
          element('sec', two(when.getSeconds())) +
          element('wday', when.getDay() + 1) +
          element('day', when.getDate()) +
          element('month', when.getMonth() + 1) +
          element('year', when.getFullYear()),
      );

const flowXml = (event: XmlStyle['event'], inside: string): string =>
  `<flow${event === undefined ? '' : ` type="${event}"`}>${inside}</flow>`;

export const entryXml = (entry: ConntrackEntry, style: XmlStyle = {}): string =>
  flowXml(
    style.event,
    [
      directionXml(entry, 'original'),
      directionXml(entry, 'reply'),
      metaXml(entry, style),
      whenXml(style.when),
      element('helper', entry.helper),
    ].join(''),
  );

const FLAGS: readonly (readonly [number, string])[] = [
  [NF_CT_EXPECT_PERMANENT, '<permanent/>'],
  [NF_CT_EXPECT_INACTIVE, '<inactive/>'],
  [NF_CT_EXPECT_USERSPACE, '<userspace/>'],
];

export function expectationXml(entry: ExpectationEntry, style: XmlStyle = {}): string {
  const { family, protocol } = entry;
  const parts = (inside: (tuple: TupleFields) => string): string =>
    element('expected', inside(entry.tuple)) +
    element('mask', inside(entry.mask)) +
    element('master', inside(entry.master));
  const meta = [
    element('helper-name', entry.masterHelper),
    element('timeout', entry.timeout),
    entry.zone === 0 ? '' : element('zone', entry.zone),
    whenXml(style.when),
    ...FLAGS.map(([bit, text]) => ((entry.flags & bit) === 0 ? '' : text)),
  ].join('');
  return flowXml(
    style.event,
    `<layer3 ${LAYER3[family]}>${parts(addressesXml)}</layer3>` +
      `<layer4 ${layer4(protocol)}>${parts((tuple) => portsXml(protocol, tuple))}</layer4>` +
      element('meta', meta),
  );
}
