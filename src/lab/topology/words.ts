// Routes, rules and neighbours in the words of iproute2: `default via 10.0.0.1 dev eth0`.
import type { NeighbourConfig, RouteConfig, RuleConfig } from '../../stack/index.ts';
import { defined, type Problems } from './fields.ts';

const ROUTE_TYPES = [
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] as const;

/** Words in pairs: a key and what follows it. */
class Words {
  readonly #words: string[];
  readonly #path: string;
  readonly #problems: Problems;

  constructor(text: string, path: string, problems: Problems) {
    this.#words = text.trim().split(/\s+/);
    this.#path = path;
    this.#problems = problems;
  }

  next(): string | undefined {
    return this.#words.shift();
  }

  peek(): string {
    return this.#words[0] ?? '';
  }

  /** The word that must follow `key`. */
  after(key: string): string {
    const word = this.next();
    if (word === undefined) this.#problems.add(this.#path, `nothing follows '${key}'`);
    return word ?? '';
  }

  number(key: string): number {
    const text = this.after(key);
    const value = Number(text);
    if (text === '' || !Number.isInteger(value)) {
      this.#problems.add(this.#path, `'${text}' is no number for '${key}'`);
      return 0;
    }
    return value;
  }

  unknown(word: string): void {
    this.#problems.add(this.#path, `'${word}' is not understood`);
  }
}

type Writable<T> = { -readonly [K in keyof T]?: T[K] | undefined };

/** `10.0.0.0/8 via 192.0.2.1 dev eth0 table 100 metric 5`, `unreachable 10.0.0.0/8`. */
export function routeFromWords(text: string, path: string, problems: Problems): RouteConfig {
  const words = new Words(text, path, problems);
  const type = ROUTE_TYPES.find((t) => t === words.peek());
  if (type !== undefined) words.next();
  const route: Writable<RouteConfig> = {};
  const to = words.after(type ?? 'route');
  for (let word = words.next(); word !== undefined; word = words.next())
    routeWord(word, words, route);
  return { to, ...defined({ ...route, type }) };
}

function routeWord(word: string, words: Words, route: Writable<RouteConfig>): void {
  switch (word) {
    case 'via':
      if (words.peek() === 'inet6' || words.peek() === 'inet') words.next();
      route.via = words.after(word);
      return;
    case 'dev':
      route.device = words.after(word);
      return;
    case 'table':
      route.table = words.after(word);
      return;
    case 'src':
      route.source = words.after(word);
      return;
    case 'metric':
    case 'mtu':
    case 'tos':
    case 'realm':
      route[word] = words.number(word);
      return;
    case 'onlink':
      route.onlink = true;
      return;
    case 'proto':
    case 'scope':
    case 'pref':
      words.after(word); // said by `ip route`, and of no effect here
      return;
    default:
      words.unknown(word);
  }
}

/** `from 10.0.0.0/8 fwmark 0x1/0xff table 100`, with or without `100:` in front. */
export function ruleFromWords(
  text: string,
  path: string,
  problems: Problems,
  priority: number,
): RuleConfig {
  const words = new Words(text, path, problems);
  const rule: Writable<RuleConfig> = { priority };
  const head = /^(\d+):$/.exec(words.peek())?.[1];
  if (head !== undefined) {
    rule.priority = Number(head);
    words.next();
  }
  for (let word = words.next(); word !== undefined; word = words.next())
    ruleWord(word, words, rule);
  return { ...defined(rule), priority: rule.priority ?? priority };
}

function ruleWord(word: string, words: Words, rule: Writable<RuleConfig>): void {
  switch (word) {
    case 'not':
      rule.not = true;
      return;
    case 'from':
    case 'to': {
      const prefix = words.after(word);
      if (prefix !== 'all') rule[word] = prefix;
      return;
    }
    case 'iif':
    case 'oif':
      rule[word] = words.after(word);
      return;
    case 'fwmark':
      [rule.mark, rule.mask] = markOf(words.after(word));
      return;
    case 'lookup':
    case 'table':
      rule.table = words.after(word);
      return;
    case 'priority':
    case 'pref':
    case 'prio':
      rule.priority = words.number(word);
      return;
    case 'tos':
    case 'ipproto':
      rule[word] = words.number(word);
      return;
    case 'goto':
      rule.action = 'goto';
      rule.target = words.number(word);
      return;
    case 'suppress_prefixlength':
      rule.suppressPrefixLength = words.number(word);
      return;
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
    case 'nop':
      rule.action = word;
      return;
    default:
      words.unknown(word);
  }
}

/** `0x1/0xff`; without a mask all bits count. */
export function markOf(text: string): [number, number] {
  const [mark, mask] = text.split('/');
  return [Number(mark), mask === undefined ? 0xffffffff : Number(mask)];
}

/** `10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02`. */
export function neighbourFromWords(
  text: string,
  path: string,
  problems: Problems,
): NeighbourConfig | undefined {
  const words = new Words(text, path, problems);
  const address = words.after('neighbour');
  let device = '';
  let mac = '';
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'dev') device = words.after(word);
    else if (word === 'lladdr') mac = words.after(word);
    else if (!/^[A-Z]+$/.test(word)) words.unknown(word);
  }
  if (device === '' || mac === '') {
    problems.add(path, "needs 'dev' and 'lladdr'");
    return undefined;
  }
  return { address, device, mac };
}
