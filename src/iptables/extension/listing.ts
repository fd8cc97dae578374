// What `iptables -L` says of extensions: the print functions of libxtables' extensions, as far as
// several of them share words.

import type { XtRange, XtTest } from '../../program/index.ts';
import { serviceOfProtocolPort } from '../../uapi/index.ts';
import type { PrintContext } from './extension.ts';
import { isFull, U16_MAX, U32_MAX } from './numbers.ts';
import { hexText, rangeText } from './print.ts';

/** `!` right before what must not be. */
export const bang = (invert: boolean): string => (invert ? '!' : '');

/** `! ` before what must not be. */
export const bangWord = (invert: boolean): string => (invert ? '! ' : '');

/** A port by the name of its service, unless numbers were asked for. */
export const portName = (port: number, { numeric, protocol }: PrintContext): string =>
  (numeric ? undefined : serviceOfProtocolPort(port, protocol)) ?? `${port}`;

/** `spt:22`, `spts:!22:80`; nothing where every port does. */
export function portsListed(
  name: string,
  ports: XtRange,
  invert: boolean,
  cx: PrintContext,
): string {
  if (isFull(ports, U16_MAX) && !invert) return '';
  const min = `${bang(invert)}${portName(ports.min, cx)}`;
  return ports.min === ports.max ? `${name}:${min}` : `${name}s:${min}:${portName(ports.max, cx)}`;
}

export const portTestListed = (
  name: string,
  test: XtTest<XtRange> | undefined,
  cx: PrintContext,
): string => (test === undefined ? '' : portsListed(name, test.value, test.invert, cx));

/** `spi:4`, `spis:!4:5` of 32-bit numbers; nothing for all of them. */
export function numbersListed(name: string, range: XtRange, invert: boolean): string {
  if (isFull(range, U32_MAX) && !invert) return '';
  return `${name}${range.min === range.max ? '' : 's'}:${bang(invert)}${rangeText(range)}`;
}

/** `length:!5`, or nothing where it was not asked. */
export const testListed = <T>(
  name: string,
  test: XtTest<T> | undefined,
  text: (value: T) => string = String,
): string => (test === undefined ? '' : `${name}:${bang(test.invert)}${text(test.value)}`);

/** Options as they are saved, without their dashes: `! ctstate NEW`. */
export const optionListed = <T>(
  name: string,
  test: XtTest<T> | undefined,
  text: (value: T) => string,
): string => (test === undefined ? '' : `${bangWord(test.invert)}${name} ${text(test.value)}`);

/** What MARK and CONNMARK do to a mark: `set 0x1`, `and 0xff`, `xset 0x1/0x3`. */
export function markChangeListed(mark: number, mask: number): string {
  if (mark === 0) return `and ${hexText((U32_MAX & ~mask) >>> 0)}`;
  if (mark === mask) return `or ${hexText(mark)}`;
  if (mask === 0) return `xor ${hexText(mark)}`;
  return mask === U32_MAX ? `set ${hexText(mark)}` : `xset ${hexText(mark)}/${hexText(mask)}`;
}
