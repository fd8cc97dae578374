// What changes in the network while traffic runs, in the words of ip(8): an interface goes down, an
// address comes or goes, a route is added.

import {
  addAddress,
  addNeighbour,
  addRoute,
  removeAddress,
  type Stack,
  setLink,
} from '../stack/index.ts';
import { Problems } from './topology/fields.ts';
import { neighbourFromWords, routeFromWords } from './topology/words.ts';

const COMMANDS = 'link set DEV up|down, addr add|del, route add, neigh add';

function withoutProblems<T>(read: (problems: Problems) => T): T {
  const problems = new Problems();
  const value = read(problems);
  if (problems.list.length > 0) throw new RangeError(problems.list.join('; '));
  return value;
}

/** `[dev] eth1 down`. */
function link(stack: Stack, words: readonly string[]): void {
  const [name = '', state, more] = words[0] === 'dev' ? words.slice(1) : words;
  if ((state !== 'up' && state !== 'down') || more !== undefined)
    throw new RangeError(`ip link set ${words.join(' ')}: up or down should follow the interface`);
  setLink(stack, stack.interfaceNamed(name), state === 'up');
}

/** `192.0.2.1/24 dev eth1`. */
function address(stack: Stack, verb: string, words: readonly string[]): void {
  const [prefix = '', dev, name, more] = words;
  if (dev !== 'dev' || name === undefined || more !== undefined)
    throw new RangeError(
      `ip addr ${verb} ${words.join(' ')}: ADDRESS dev INTERFACE is what is meant`,
    );
  const iface = stack.interfaceNamed(name);
  if (verb === 'add') addAddress(stack, iface, prefix);
  else removeAddress(stack, iface, prefix);
}

/**
 * A command of ip(8), with its name or without: `ip link set eth1 down`.
 * @throws RangeError for what is not understood, and for interfaces that are not there
 */
export function ipCommand(stack: Stack, text: string): void {
  const words = text
    .trim()
    .replace(/^ip\s+/, '')
    .split(/\s+/);
  const [object = '', verb = '', ...rest] = words;
  const said = rest.join(' ');
  if (/^l(i(nk?)?)?$/.test(object) && verb === 'set') link(stack, rest);
  else if (/^a(ddr(ess)?)?$/.test(object) && (verb === 'add' || verb === 'del'))
    address(stack, verb, rest);
  else if (/^r(oute)?$/.test(object) && verb === 'add')
    addRoute(
      stack,
      withoutProblems((problems) => routeFromWords(said, 'ip route', problems)),
    );
  else if (/^n(eigh)?$/.test(object) && (verb === 'add' || verb === 'replace')) {
    const one = withoutProblems((problems) => neighbourFromWords(said, 'ip neigh', problems));
    if (one !== undefined) addNeighbour(stack, one);
  } else throw new RangeError(`ip ${words.join(' ')}: not understood; there are ${COMMANDS}`);
}
