// Ports by number or by the name of a service.

import { nearest } from '../../diagnostics/index.ts';
import type { XtRange } from '../../program/index.ts';
import { portOfService, serviceWords } from '../../uapi/index.ts';
import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';
import { protocolNumber } from './protocols.ts';
import { number, unsigned } from './values.ts';

type PortReader = (text: string) => number;

const portOf = (text: string, value: number | undefined): number => {
  const port = value ?? portOfService(text);
  if (port === undefined)
    return wrong(`no such port or service "${text}"`, nearest(text, serviceWords()));
  return port > 0xffff ? wrong(`port ${text} is not from 0 to 65535`) : port;
};

/** xtables_parse_port(): a number in C's notations. @throws XtError */
export const portIn: PortReader = (text) => portOf(text, number(text));

/** getaddrinfo(3) knows decimal numbers alone. @throws XtError */
const decimalPortIn: PortReader = (text) => {
  const digits = unsigned(text);
  return portOf(text, /^\d+$/.test(digits) ? Number(digits) : undefined);
};

/** XTTYPE_PORT */
export const port: ValueParser = ([word = '']) => decimalPortIn(word);

/** `a:b`, `a:`, `:b`, `:` or `a`. @throws XtError */
function portRangeIn(text: string, read: PortReader): XtRange {
  const [low = '', high, ...more] = text.split(':');
  if (more.length > 0) wrong(`bad range of ports "${text}"`);
  const min = low === '' && high !== undefined ? 0 : read(low);
  const max = high === undefined ? min : high === '' ? 0xffff : read(high);
  return max < min ? wrong(`range of ports "${text}" ends before it begins`) : { min, max };
}

/** XTTYPE_PORTRC */
export const portRange: ValueParser = ([word = '']) => portRangeIn(word, decimalPortIn);

/** XTTYPE_PROTOCOL. @throws XtError */
export const protocolIn = (text: string): number =>
  protocolNumber(text) ?? wrong(`no such protocol "${text}"`);

export const protocol: ValueParser = ([word = '']) => protocolIn(word);

const SOURCE = { name: 'sport', aliases: ['source-port'] } as const;
const DESTINATION = { name: 'dport', aliases: ['destination-port'] } as const;

const portOptions = (parse: ValueParser) =>
  [
    { ...SOURCE, parse, negatable: true, about: 'port[:port]  source port, or a range' },
    { ...DESTINATION, parse, negatable: true, about: 'port[:port]  destination port, or a range' },
  ] as const;

/** `--sport` and `--dport` of the protocols that have ports. */
export const PORT_OPTIONS = portOptions(portRange);

/** The same of tcp and sctp, which read their ports by themselves. */
export const OWN_PORT_OPTIONS = portOptions(([word = '']) => portRangeIn(word, portIn));
