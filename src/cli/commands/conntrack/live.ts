// `sluice conntrack --live`: the same commands on the running kernel, over ctnetlink.

import {
  type CtEvent,
  IPS_CONFIRMED,
  KernelConnections,
  LITTLE_ENDIAN,
  loadLibc,
  Namespace,
  SystemError,
  sound,
  zoneOf,
} from '../../../linux/index.ts';
import {
  type CtEntry,
  type CtExpectation,
  type CtRequest,
  type CtTuple,
  createExpectationRequest,
  decodeCpuStatistics,
  decodeExpectation,
  decodeGlobalStatistics,
  expectationRequest,
  expectationsFlush,
  type Message,
  statisticsRequest,
} from '../../../netlink/index.ts';
import { IPPROTO_DCCP } from '../../../uapi/index.ts';
import type { Host } from '../../host.ts';
import { endSignal } from '../../signals.ts';
import { ConntrackFault, type Errno, OTHER_PROBLEM, PREFIX, refused } from './fault.ts';
import type { Labels } from './labels.ts';
import { checkMasks, isCompared, matches, matchesUpdate } from './match.ts';
import { entryLine, expectationLine, linesText, type PrintStyle, stamp } from './print.ts';
import { concludes } from './session.ts';
import { changedEntry, newEntry, tupleOfEnds } from './table.ts';
import type { Ends, ParsedCommand } from './template.ts';
import { xmlHead } from './xml.ts';

/** The library swaps the tags of SCTP: what it is given as 5 goes out in the host's order. */
const swapped = (tag: number): number =>
  LITTLE_ENDIAN
    ? ((tag << 24) | ((tag & 0xff00) << 8) | ((tag >>> 8) & 0xff00) | (tag >>> 24)) >>> 0
    : tag;

const tagsOf = ({ vtags }: { readonly vtags?: readonly [number, number] }) =>
  vtags === undefined ? {} : { vtags: [swapped(vtags[0]), swapped(vtags[1])] as const };

/** The kernel has no tracker of DCCP's, and tells no ports; the library shows those it knows of. */
const portsOf = ({ protocol }: CtEntry, ends: CtTuple): CtTuple =>
  protocol === IPPROTO_DCCP ? { sport: 0, dport: 0, ...ends } : ends;

/** As conntrack(8) shows it: with its age, where it has times. */
const shown = (entry: CtEntry, now: number): CtEntry & { readonly age?: number } => ({
  ...entry,
  original: portsOf(entry, entry.original),
  reply: portsOf(entry, entry.reply),
  ...tagsOf(entry),
  ...(entry.start !== undefined && {
    age: Math.floor((entry.stop ?? now / 1000) - entry.start),
  }),
});

const ERRNOS: ReadonlySet<string> = new Set([
  ...['EEXIST', 'ENOENT', 'EINVAL', 'ENOMEM', 'EBUSY', 'EPERM'],
]);

/** What the kernel refuses is told as conntrack(8) tells it. */
function asRefused(error: unknown, command: string): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.code === 'ENOTSUP') return refused(command, 'EOPNOTSUPP');
  if (ERRNOS.has(error.code)) return refused(command, error.code as Errno);
  return new ConntrackFault(`Operation failed: ${error.message}`, OTHER_PROBLEM);
}

const endsOf = ({ src = '', dst = '', sport, dport }: Ends): CtTuple => ({
  ...{ src, dst },
  ...(sport !== undefined && { sport }),
  ...(dport !== undefined && { dport }),
});

export class LiveSession {
  readonly #host: Host;
  readonly #labels: () => Labels;
  readonly #kernel: KernelConnections;
  readonly #namespace: Namespace | undefined;
  #shown = 0;

  /** @throws ConntrackFault without root, or where there is no such namespace */
  static async open(
    netns: string | undefined,
    host: Host,
    labels: () => Labels,
  ): Promise<LiveSession> {
    try {
      const libc = await loadLibc();
      const namespace = netns === undefined ? undefined : new Namespace(libc, netns);
      return new LiveSession(new KernelConnections(libc, namespace), namespace, host, labels);
    } catch (error) {
      throw new ConntrackFault(error instanceof Error ? error.message : String(error), 1);
    }
  }

  private constructor(
    kernel: KernelConnections,
    namespace: Namespace | undefined,
    host: Host,
    labels: () => Labels,
  ) {
    this.#kernel = kernel;
    this.#namespace = namespace;
    this.#host = host;
    this.#labels = labels;
  }

  close(): void {
    this.#kernel.close();
    this.#namespace?.close();
  }

  /** Runs a command to its exit status. @throws ConntrackFault */
  async run(command: ParsedCommand): Promise<number> {
    if (command.command === 'event' || command.command === 'exp-event') {
      await this.#watch(command);
      return 0;
    }
    this.#do(command);
    return concludes(command, this.#shown, this.#host);
  }

  /** Commands of a file, until one is refused. @throws ConntrackFault */
  runAll(commands: readonly ParsedCommand[]): void {
    for (const command of commands) this.#do(command);
  }

  #do(command: ParsedCommand): void {
    try {
      this.#work[command.command]?.(command);
    } catch (error) {
      throw asRefused(error, command.command);
    }
  }

  readonly #work: Readonly<Record<string, (command: ParsedCommand) => void>> = {
    list: (command) => this.#list(command),
    create: (command) => this.#create(command),
    add: (command) => this.#add(command),
    update: (command) => this.#update(command),
    delete: (command) => this.#delete(command),
    get: (command) => this.#get(command),
    flush: ({ family }) => {
      this.#kernel.flush(family);
      this.#host.err(`${PREFIX}connection tracking table has been emptied.\n`);
    },
    count: () => {
      const [answer] = this.#kernel.ask((seq) => statisticsRequest('global', seq), 'count');
      const entries = answer && sound(decodeGlobalStatistics(answer, LITTLE_ENDIAN), 'count');
      this.#host.out(`${entries?.entries ?? 0}\n`);
    },
    stats: () => this.#stats('cpu'),
    'exp-stats': () => this.#stats('expect'),
    'exp-list': (command) => this.#listExpectations(command),
    'exp-create': (command) => this.#createExpectation(command),
    'exp-delete': (command) => {
      this.#askExpectation('delete', command);
    },
    'exp-get': (command) => {
      const [answer] = this.#askExpectation('get', command);
      if (answer === undefined) return;
      const entry = sound(decodeExpectation(answer, LITTLE_ENDIAN), 'expectation');
      this.#host.out(`${expectationLine(entry, this.#style(command))}\n`);
    },
    'exp-flush': () => {
      this.#kernel.ask((seq) => expectationsFlush(seq), 'flush expectations');
      this.#host.err(`${PREFIX}expectation table has been emptied.\n`);
    },
    'exp-count': ({ family }) => {
      this.#host.out(`${[...this.#kernel.expectations(family ?? 'ip')].length}\n`);
    },
  };

  #style({ output }: ParsedCommand, more: Partial<PrintStyle> = {}): PrintStyle {
    const labels = output.has('labels') ? { labels: this.#labels() } : {};
    return { output, now: new Date(), ...labels, ...more };
  }

  #line(command: ParsedCommand, entry: CtEntry, more: Partial<PrintStyle> = {}): string {
    const { use, absent } = entry;
    const told = { ...(use !== undefined && { use }), ...(absent !== undefined && { absent }) };
    const style = this.#style(command, { ...told, ...more });
    return `${entryLine(shown(entry, Date.now()), style)}\n`;
  }

  #list(command: ParsedCommand): void {
    const { options, template, table, family } = command;
    if (options.has('z') && isCompared(command))
      throw new ConntrackFault("Can't use -z with filtering parameters");
    checkMasks(command);
    const kinds = { conntrack: 'all', expect: 'all', dying: 'dying', unconfirmed: 'unconfirmed' };
    const what = options.has('z') ? 'zeroed' : (kinds[table] as 'all');
    const { status, statusMask, mark } = template;
    const entries = this.#kernel.list(what, {
      ...(family !== undefined && { family }),
      ...(mark !== undefined && { mark: mark.value, markMask: mark.mask }),
      ...(status !== undefined && { status, statusMask }),
    });
    const lines: string[] = [];
    for (const entry of entries) {
      if (!matches(command, { ...entry, ...tagsOf(entry) })) continue;
      lines.push(this.#line(command, entry));
      this.#shown++;
    }
    this.#host.out(linesText(lines, command.output, 'conntrack'));
  }

  #create(command: ParsedCommand): void {
    const { template } = command;
    const entry = newEntry(command);
    const { snat, dnat } = template;
    const isSaid = (to: object): boolean => Object.keys(to).length > 0;
    const { family, protocol, original, reply, timeout, mark, state, tcp, labels } = entry;
    const request: CtRequest = {
      ...{ family, protocol, original, reply, timeout, mark },
      status: (template.status ?? 0) | IPS_CONFIRMED,
      ...zoneOf({ zone: entry.zone, zoneDir: (entry.zoneDir ?? 3) as number }),
      ...(state !== undefined && { state }),
      ...(tcp !== undefined && { peers: tcp }),
      ...tagsOf(entry),
      ...(labels !== undefined && { labels }),
      ...(isSaid(snat) && { snat }),
      ...(isSaid(dnat) && { dnat }),
    };
    this.#kernel.request('create', request);
    this.#shown++;
  }

  /** One that is there already is left as it is. */
  #add(command: ParsedCommand): void {
    try {
      this.#create(command);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
    }
  }

  #get(command: ParsedCommand): void {
    const { template, family = 'ip' } = command;
    const protocol = template.protocol ?? 0;
    const original = tupleOfEnds(template.original, template, protocol);
    if (original === undefined) throw refused(command.command, 'EINVAL');
    for (const entry of this.#kernel.request('get', { family, protocol, original })) {
      if (!matches(command, { ...entry, ...tagsOf(entry) })) continue;
      this.#shown++;
      // The library opens the frame and forgets it.
      const head = command.output.has('xml') ? xmlHead('conntrack') : '';
      this.#host.out(`${head}${this.#line(command, entry)}`);
    }
  }

  #family({ family }: ParsedCommand): { readonly family?: 'ip' | 'ip6' } {
    return family === undefined ? {} : { family };
  }

  #update(command: ParsedCommand): void {
    checkMasks(command);
    for (const entry of [...this.#kernel.list('all', this.#family(command))]) {
      if (!matchesUpdate(command, entry)) continue;
      const next = changedEntry(command, entry);
      if (next === undefined) continue;
      const { family, protocol, original } = entry;
      const { timeout, mark, status, state, labels } = next;
      this.#kernel.request('update', {
        ...{ family, protocol, original, mark, status },
        ...(command.options.has('t') && { timeout }),
        ...(state !== entry.state && state !== undefined && { state }),
        ...tagsOf(state === entry.state ? {} : next),
        ...(labels !== entry.labels && labels !== undefined && { labels }),
      });
      this.#printNow(command, { family, protocol, original });
    }
  }

  /** As it is after a change; one without time left is gone before it can be shown. */
  #printNow(command: ParsedCommand, request: CtRequest): void {
    try {
      for (const now of this.#kernel.request('get', request)) {
        this.#shown++;
        this.#host.out(this.#line(command, now));
      }
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
    }
  }

  #delete(command: ParsedCommand): void {
    checkMasks(command);
    for (const entry of [...this.#kernel.list('all', this.#family(command))]) {
      if (!matches(command, { ...entry, ...tagsOf(entry) })) continue;
      const { family, protocol, original, id } = entry;
      this.#kernel.request('delete', { family, protocol, original, id, ...zoneOf(entry) });
      this.#host.out(this.#line(command, entry, { saveAs: '-D' }));
      this.#shown++;
    }
  }

  #stats(what: 'cpu' | 'expect'): void {
    for (const message of this.#kernel.ask((seq) => statisticsRequest(what, seq), 'statistics')) {
      const { cpu, counts } = sound(decodeCpuStatistics(message, LITTLE_ENDIAN), 'statistics');
      const text = Object.entries(counts).map(([name, value]) => `${name}=${value} `);
      this.#host.out(`cpu=${String(cpu).padEnd(4)}\t${text.join('')}\n`);
    }
  }

  #listExpectations(command: ParsedCommand): void {
    const lines: string[] = [];
    for (const entry of this.#kernel.expectations(command.family)) {
      lines.push(`${expectationLine(entry, this.#style(command))}\n`);
      this.#shown++;
    }
    this.#host.out(linesText(lines, command.output, 'expect'));
  }

  #createExpectation({ template, family = 'ip' }: ParsedCommand): void {
    const protocol = template.protocol ?? 0;
    const expectation: CtExpectation = {
      ...{ family, protocol, zone: 0, class: 0, flags: 0 },
      tuple: endsOf(template.expected),
      mask: endsOf(template.mask),
      master: { ...endsOf(template.original), protocol },
      timeout: template.timeout ?? 0,
    };
    this.#kernel.ask(
      (seq) => createExpectationRequest(expectation, seq, LITTLE_ENDIAN),
      'create expectation',
    );
  }

  #askExpectation(what: 'get' | 'delete', command: ParsedCommand): readonly Message[] {
    const { template, family = 'ip' } = command;
    const tuple = endsOf(template.original);
    const of = { family, protocol: template.protocol ?? 0, tuple } as const;
    return this.#kernel.ask((seq) => expectationRequest(what, of, seq, LITTLE_ENDIAN), what);
  }

  /** Until SIGINT or SIGTERM comes. */
  async #watch(command: ParsedCommand): Promise<void> {
    checkMasks(command);
    const ended = endSignal(['SIGINT', 'SIGTERM']);
    const flows = command.command === 'event';
    const framed = command.output.has('xml') && !command.output.has('save');
    const table = flows ? 'conntrack' : 'expect';
    const listening = this.#kernel.events((event) => {
      if (event.type === 'lost')
        this.#host.err(
          `${PREFIX}events were lost: the socket's buffer was full (ENOBUFS), others follow\n`,
        );
      const line = event.type === 'lost' ? undefined : this.#eventLine(command, event);
      if (line === undefined) return;
      this.#host.out(`${framed && this.#shown === 0 ? xmlHead(table) : ''}${line}\n`);
      this.#shown++;
    });
    await ended;
    listening.close();
    if (framed && this.#shown > 0) this.#host.out(`</${table}>\n`);
    const what = flows ? 'flow' : 'expectation';
    this.#host.err(`${PREFIX}${this.#shown} ${what} events have been shown.\n`);
  }

  #eventLine(
    command: ParsedCommand,
    event: Exclude<CtEvent, { type: 'lost' }>,
  ): string | undefined {
    const { events, output } = command;
    if ('expected' in event) {
      if (command.command !== 'exp-event') return undefined;
      const kind = event.type.slice('expect-'.length) as 'new' | 'update' | 'destroy';
      return expectationLine(event.expected, this.#style(command, { event: kind }));
    }
    const { type, entry } = event;
    const wanted = command.command === 'event' && (events.size === 0 || events.has(type));
    if (!wanted || !matches(command, { ...entry, ...tagsOf(entry) })) return undefined;
    const line = this.#line(command, entry, { event: type, use: 'unknown' }).trimEnd();
    const timed = output.has('timestamp') && !output.has('xml');
    return `${timed ? stamp(new Date(), 10) : ''}${line}`;
  }
}
