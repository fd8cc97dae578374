// Ports by number or by the name of a service.

import type { XtRange } from '../../program/index.ts';
import { portOfService } from '../../uapi/index.ts';
import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';
import { protocolNumber } from './protocols.ts';
import { number } from './values.ts';

/** xtables_parse_port(). @throws XtError */
export function portIn(text: string): number {
  const port = number(text) ?? portOfService(text);
  if (port === undefined) return wrong(`no such port or service "${text}"`);
  return port > 0xffff ? wrong(`port ${text} is not from 0 to 65535`) : port;
}

export const port: ValueParser = ([word = '']) => portIn(word);

/** `a:b`, `a:`, `:b`, `:` or `a`. @throws XtError */
export function portRangeIn(text: string): XtRange {
  const [low = '', high, ...more] = text.split(':');
  if (more.length > 0) wrong(`bad range of ports "${text}"`);
  const min = low === '' && high !== undefined ? 0 : portIn(low);
  const max = high === undefined ? min : high === '' ? 0xffff : portIn(high);
  return max < min ? wrong(`range of ports "${text}" ends before it begins`) : { min, max };
}

export const portRange: ValueParser = ([word = '']) => portRangeIn(word);

/** XTTYPE_PROTOCOL. @throws XtError */
export const protocolIn = (text: string): number =>
  protocolNumber(text) ?? wrong(`no such protocol "${text}"`);

export const protocol: ValueParser = ([word = '']) => protocolIn(word);

const SOURCE = { name: 'sport', aliases: ['source-port'] } as const;
const DESTINATION = { name: 'dport', aliases: ['destination-port'] } as const;
const RANGE = { parse: portRange, negatable: true } as const;

/** `--sport` and `--dport` of the protocols that have ports. */
export const PORT_OPTIONS = [
  { ...SOURCE, ...RANGE, about: 'port[:port]  source port, or a range' },
  { ...DESTINATION, ...RANGE, about: 'port[:port]  destination port, or a range' },
] as const;
