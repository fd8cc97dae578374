// `10.0.0.0/8,tcp:80,192.0.2.1`: the element of an add, a del or a test.

import type { IpSetFamily, IpSetRequest } from '../../program/index.ts';
import { address } from './address.ts';
import { IpsetFault, refused, syntax } from './fault.ts';
import type { IpsetNames } from './names.ts';
import type { Part, TypeInfo } from './types.ts';
import {
  barePorts,
  iface,
  mac,
  protoPort,
  separatorAt,
  setName,
  u32,
  WrongIcmp,
} from './values.ts';

/** What the sets that a command names are. */
export interface KnownSet {
  readonly info: TypeInfo;
  readonly family: IpSetFamily;
}

/** Texts of the parts, or what is wrong with their number. */
function split(text: string, { type, parts, lastOptional }: TypeInfo): readonly string[] {
  const comma = separatorAt(text, ',');
  const first = comma < 0 ? text : text.slice(0, comma);
  const rest = comma < 0 ? undefined : text.slice(comma + 1);
  if (parts.length === 1 && rest !== undefined && type !== 'list:set')
    return syntax(`Elem separator in ${text}, but settype ${type} supports none.`);
  if (parts.length === 1) return [text];
  if (rest === undefined)
    return lastOptional ? [text] : syntax(`Second element is missing from ${text}.`);
  const second = separatorAt(rest, ',');
  if (parts.length === 2)
    return second < 0
      ? [first, rest]
      : syntax(`Two elem separators in ${text}, but settype ${type} supports one.`);
  if (second < 0) return syntax(`Third element is missing from ${text}.`);
  const third = rest.slice(second + 1);
  if (separatorAt(third, ',') >= 0)
    return syntax(`Three elem separators in ${text}, but settype ${type} supports two.`);
  return [first, rest.slice(0, second), third];
}

/** `a,before,b`, as it was written before there were options. */
function member(text: string): IpSetRequest {
  const comma = separatorAt(text, ',');
  if (comma < 0) return { name: setName(text) };
  const rest = text.slice(comma + 1);
  const second = separatorAt(rest, ',');
  const where = rest.slice(0, second);
  if (second < 0 || (where !== 'before' && where !== 'after'))
    return refused('you must specify elements as setname,[before|after],setname');
  const reference = setName(rest.slice(second + 1));
  const name = setName(text.slice(0, comma));
  return where === 'before' ? { name, before: reference } : { name, after: reference };
}

function readPart(part: Part, text: string, family: IpSetFamily, names: IpsetNames): IpSetRequest {
  switch (part.kind) {
    case 'ip':
      return address(text, family, part.form, names);
    case 'ip2':
      return second(address(text, family, part.form, names));
    case 'port':
      return protoPort(text, family, names);
    case 'bare-port':
      return barePorts(text, names);
    case 'mac':
      return { mac: mac(text) };
    case 'mark':
      return { mark: u32(text) };
    case 'iface':
      return iface(text);
    default:
      return member(text);
  }
}

const second = ({ ip, ipTo, cidr }: ReturnType<typeof address>): IpSetRequest => ({
  ip2: ip,
  ...(ipTo === undefined ? {} : { ip2To: ipTo }),
  ...(cidr === undefined ? {} : { cidr2: cidr }),
});

/** @throws IpsetFault */
export function readElement(
  text: string,
  { info, family }: KnownSet,
  names: IpsetNames,
): IpSetRequest {
  const texts = split(text, info);
  let element: IpSetRequest = {};
  let wrong: WrongIcmp | undefined;
  for (const [i, part] of info.parts.entries()) {
    const own = texts[i];
    if (own === undefined) continue;
    try {
      // Behind an ICMP of the other family nothing is known any more, the family neither.
      const read = readPart(part, own, wrong === undefined ? family : 'inet', names);
      element = { ...element, ...read };
    } catch (error) {
      wrong = besides(wrong, error);
    }
  }
  if (wrong !== undefined) throw wrong;
  return element;
}

/** A second error stands under the first. */
function besides(wrong: WrongIcmp | undefined, error: unknown): WrongIcmp {
  if (error instanceof WrongIcmp && wrong === undefined) return error;
  if (wrong === undefined || !(error instanceof IpsetFault)) throw error;
  throw new IpsetFault(`${wrong.message}\n${error.message}`, error.status, false, true);
}
