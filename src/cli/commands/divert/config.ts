// The file of `sluice divert`: what listens here, what is left alone, what is dropped. docs/divert.md
// has it field by field.

import { Fields, isPlain, Problems } from '../../../lab/index.ts';

export type Protocol = 'tcp' | 'udp';

/** Ports as nft writes them: `80`, `8000-8999`. */
export type Ports = readonly string[];

export interface Listener {
  readonly protocol: Protocol;
  /** Where it listens. */
  readonly port: number;
  /** What else comes to it. */
  readonly for: Ports;
}

/** What must hold of a packet; fields that are absent say nothing. */
export interface Filter {
  readonly protocol?: Protocol | 'icmp';
  readonly ports?: Ports;
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  /** Whose process it is, on this host: names or numbers. */
  readonly user?: string;
  readonly group?: string;
  readonly cgroup?: string;
}

export interface DivertConfig {
  /** Whose traffic: what other machines send through here, what programs of this host send, or both. */
  readonly mode: 'gateway' | 'host' | 'both';
  /** Where the gateway's clients are; everywhere when empty. */
  readonly interfaces: readonly string[];
  readonly families: readonly ('ip' | 'ip6')[];
  readonly listeners: readonly Listener[];
  /** Where ports go that have no listener; absent: they are left alone. */
  readonly fallback: Readonly<Partial<Record<Protocol, number>>>;
  /** Echo requests are answered for every address. */
  readonly ping: boolean;
  readonly allow: readonly Filter[];
  readonly deny: readonly Filter[];
  /** On this host: nothing else is diverted. */
  readonly only: readonly Filter[];
  readonly before?: string;
  readonly after?: string;
  readonly log?: string;
}

const PROTOCOLS = ['tcp', 'udp'] as const;
const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?$/;
const isPort = (n: number): boolean => n >= 1 && n <= 0xffff;
/** Text that stands in a ruleset as it is. */
const ADDRESS = /^[0-9a-f.:]+(?:\/\d{1,3})?$/i;
const NAME = /^[A-Za-z0-9_.-]+$/;
const CGROUP = /^[^"\n]+$/;
const INTERFACE = /^[^\s/"]{1,15}$/;

/** One value, or a list of them. */
const several = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

class Reader {
  readonly problems = new Problems();

  checked<T>(path: string, value: T | undefined, isRight: (value: T) => boolean, what: string) {
    if (value === undefined || isRight(value)) return value;
    this.problems.add(path, `should be ${what}`);
    return undefined;
  }

  port(f: Fields, name: string): number | undefined {
    return this.checked(f.at(name), f.number(name), isPort, 'a port, 1 to 65535');
  }

  ports(f: Fields, name: string): Ports {
    return several(f.raw(name)).flatMap((one) => {
      const match = PORTS.exec(String(one));
      const [low, high] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
      if (isPort(low) && isPort(high) && low <= high)
        return [low === high ? `${low}` : `${low}-${high}`];
      this.problems.add(f.at(name), `'${one}' is no port and no range such as 8000-8999`);
      return [];
    });
  }

  texts(f: Fields, name: string, form: RegExp, what: string): readonly string[] {
    return several(f.raw(name)).flatMap((one) => {
      if (form.test(String(one))) return [String(one)];
      this.problems.add(f.at(name), `'${one}' is no ${what}`);
      return [];
    });
  }

  text(f: Fields, name: string, form: RegExp, what: string): string | undefined {
    return this.checked(f.at(name), f.text(name), (text) => form.test(text), what);
  }

  objects<T>(f: Fields, name: string, read: (f: Fields) => T | undefined): readonly T[] {
    return f.list(name).flatMap((one, i) => {
      const path = f.at(`${name}[${i}]`);
      if (!isPlain(one)) {
        this.problems.add(path, 'should be an object such as { protocol: tcp, port: 80 }');
        return [];
      }
      const fields = new Fields(one, path, this.problems);
      const value = read(fields);
      fields.finish();
      return value === undefined ? [] : [value];
    });
  }

  listener(f: Fields): Listener | undefined {
    const protocol = f.oneOf('protocol', PROTOCOLS);
    const port = this.port(f, 'port');
    const more = this.ports(f, 'for');
    if (protocol !== undefined && port !== undefined) return { protocol, port, for: more };
    if (!f.has('protocol') || !f.has('port')) this.problems.add(f.path, 'needs protocol and port');
    return undefined;
  }

  filter(f: Fields): Filter | undefined {
    const ports = this.ports(f, 'port');
    const from = this.texts(f, 'from', ADDRESS, 'address or net');
    const to = this.texts(f, 'to', ADDRESS, 'address or net');
    const protocol = f.oneOf('protocol', [...PROTOCOLS, 'icmp'] as const);
    const user = this.text(f, 'user', NAME, 'a name or number of a user');
    const group = this.text(f, 'group', NAME, 'a name or number of a group');
    const cgroup = this.text(f, 'cgroup', CGROUP, 'a path such as system.slice/x.service');
    if (ports.length > 0 && protocol === 'icmp') this.problems.add(f.path, 'icmp has no ports');
    return {
      ...(protocol !== undefined && { protocol }),
      ...(ports.length > 0 && { ports }),
      ...(from.length > 0 && { from }),
      ...(to.length > 0 && { to }),
      ...(user !== undefined && { user }),
      ...(group !== undefined && { group }),
      ...(cgroup !== undefined && { cgroup }),
    };
  }

  fallback(f: Fields): Partial<Record<Protocol, number>> {
    const given = f.object('default');
    if (given === undefined) return {};
    const fields = new Fields(given, f.at('default'), this.problems);
    const tcp = this.port(fields, 'tcp');
    const udp = this.port(fields, 'udp');
    fields.finish();
    return { ...(tcp !== undefined && { tcp }), ...(udp !== undefined && { udp }) };
  }

  files(f: Fields): Pick<DivertConfig, 'before' | 'after'> {
    const given = f.object('capture');
    if (given === undefined) return {};
    const fields = new Fields(given, f.at('capture'), this.problems);
    const before = fields.text('before');
    const after = fields.text('after');
    fields.finish();
    return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
  }
}

/** What a port may be for once only. */
function checkTwice(listeners: readonly Listener[], problems: Problems): void {
  const seen = new Map<string, number>();
  for (const [i, { protocol, port, for: more }] of listeners.entries())
    for (const one of [`${port}`, ...more]) {
      const key = `${protocol} ${one}`;
      const before = seen.get(key);
      if (before !== undefined && before !== i)
        problems.add(`listeners[${i}]`, `${key} goes to listeners[${before}] already`);
      seen.set(key, i);
    }
}

function checkSense(
  { mode, listeners, fallback, only, allow, deny }: DivertConfig,
  problems: Problems,
) {
  if (listeners.length === 0 && Object.keys(fallback).length === 0)
    problems.add('', 'needs listeners, or a default');
  if (mode !== 'gateway') return;
  if (only.length > 0)
    problems.add('only', 'is about programs of this host, which mode gateway does not see');
  for (const [name, filters] of Object.entries({ allow, deny }))
    for (const [i, { user, group, cgroup }] of filters.entries())
      if ((user ?? group ?? cgroup) !== undefined)
        problems.add(`${name}[${i}]`, 'user, group and cgroup are of programs of this host');
}

/** What the file says, and what is wrong with it, a line each. */
export function readConfig(file: unknown): {
  readonly config: DivertConfig;
  readonly problems: readonly string[];
} {
  const reader = new Reader();
  const { problems } = reader;
  if (!isPlain(file)) problems.add('', 'the file should be an object: mode, listeners, default …');
  const f = new Fields(isPlain(file) ? file : {}, '', problems);
  const families = reader.texts(f, 'families', /^ip6?$/, 'ip and no ip6') as ('ip' | 'ip6')[];
  const log = f.text('log');
  const config: DivertConfig = {
    mode: f.oneOf('mode', ['gateway', 'host', 'both']) ?? 'gateway',
    interfaces: reader.texts(f, 'interfaces', INTERFACE, 'name of an interface'),
    families: families.length === 0 ? ['ip', 'ip6'] : families,
    listeners: reader.objects(f, 'listeners', (one) => reader.listener(one)),
    fallback: reader.fallback(f),
    ping: f.flag('ping') ?? false,
    allow: reader.objects(f, 'allow', (one) => reader.filter(one)),
    deny: reader.objects(f, 'deny', (one) => reader.filter(one)),
    only: reader.objects(f, 'only', (one) => reader.filter(one)),
    ...reader.files(f),
    ...(log !== undefined && { log }),
  };
  f.finish();
  checkTwice(config.listeners, problems);
  checkSense(config, problems);
  return { config, problems: problems.list };
}
