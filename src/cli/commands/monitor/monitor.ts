// `monitor`: what the running kernel's netfilter tells, as it happens.

import type { Subscription } from '../../../core/index.ts';
import {
  type CtEvent,
  InterfaceNames,
  KernelConnections,
  KernelRuleset,
  type Libc,
  loadLibc,
  type Namespace,
  SystemError,
  within,
} from '../../../linux/index.ts';
import type { NftTrace } from '../../../netlink/index.ts';
import { type ColourWish, paintFor } from '../../colour.ts';
import { EXIT_OK, Failure } from '../../failure.ts';
import type { Host } from '../../host.ts';
import type { TOPICS } from '../../live-args.ts';
import { clockText, openLogs, openNamespace } from '../../log-groups.ts';
import { endSignal } from '../../signals.ts';
import { entryLine, expectationLine } from '../conntrack/print.ts';
import { tell } from '../nft-events.ts';
import { sniffJson, sniffText } from '../sniff.ts';
import { RulesetWatch } from './ruleset.ts';
import { listenToTraces, TracedPackets, traceJson } from './trace.ts';

export type Topic = (typeof TOPICS)[number];

export interface MonitorRequest {
  readonly topics: readonly Topic[];
  /** NFLOG groups. */
  readonly groups: readonly number[];
  readonly netns: string | undefined;
  readonly hex: boolean;
  readonly json: boolean;
  readonly colour: ColourWish;
}

/** Runs until a signal comes. */
export async function monitor(request: MonitorRequest, host: Host): Promise<number> {
  const ended = endSignal();
  const libc = await loadLibc();
  const namespace = request.netns === undefined ? undefined : openNamespace(libc, request.netns);
  const open: { close(): void }[] = [];
  try {
    new Monitor(libc, namespace, request, host, open).start();
    if (!request.json) host.err(`monitoring ${told(request)}; Ctrl-C ends it\n`);
    await ended;
  } catch (error) {
    if (error instanceof SystemError) throw new Failure(error.message);
    throw error;
  } finally {
    for (const one of open.reverse()) one.close();
    namespace?.close();
  }
  return EXIT_OK;
}

const told = ({ topics, groups }: MonitorRequest): string =>
  [...topics, ...groups.map((group) => `log group ${group}`)].join(', ');

class Monitor {
  readonly #libc: Libc;
  readonly #namespace: Namespace | undefined;
  readonly #request: MonitorRequest;
  readonly #host: Host;
  readonly #open: { close(): void }[];

  constructor(
    libc: Libc,
    namespace: Namespace | undefined,
    request: MonitorRequest,
    host: Host,
    open: { close(): void }[],
  ) {
    this.#libc = libc;
    this.#namespace = namespace;
    this.#request = request;
    this.#host = host;
    this.#open = open;
  }

  #kept<T extends { close(): void }>(one: T): T {
    this.#open.push(one);
    return one;
  }

  #wants(topic: Topic): boolean {
    return this.#request.topics.includes(topic);
  }

  start(): void {
    const devices = this.#kept(within(this.#namespace, () => new InterfaceNames(this.#libc)));
    const names = (index: number): string => devices.get(index);
    if (this.#wants('conntrack') || this.#wants('expect')) this.#connections();
    const ruleset = this.#wants('ruleset') || this.#wants('trace') ? this.#ruleset() : undefined;
    if (ruleset !== undefined && this.#wants('trace')) this.#trace(ruleset, names);
    if (this.#request.groups.length > 0) this.#logs(names);
  }

  #say(text: string, json: object): void {
    const { json: asJson } = this.#request;
    const time = Date.now() / 1000;
    this.#host.out(
      asJson ? `${JSON.stringify({ time, ...json })}\n` : `${clockText(time)}  ${text}\n`,
    );
  }

  #lost(what: string): void {
    this.#say(`${what}: events were lost, the socket was full`, { event: 'lost', of: what });
  }

  #connections(): void {
    const kernel = this.#kept(new KernelConnections(this.#libc, this.#namespace));
    this.#kept(kernel.events((event) => this.#connection(event)) as Subscription);
  }

  #connection(event: CtEvent): void {
    const style = { output: new Set<never>(), now: new Date() };
    if (event.type === 'lost') this.#lost('conntrack');
    else if ('expected' in event) {
      if (!this.#wants('expect')) return;
      const kind = event.type.slice('expect-'.length) as 'new' | 'update' | 'destroy';
      const line = expectationLine(event.expected, { ...style, event: kind });
      this.#say(`expect     ${line.trim()}`, { event: event.type, expectation: event.expected });
    } else if (this.#wants('conntrack')) {
      const line = entryLine(event.entry, { ...style, use: 'unknown', event: event.type });
      this.#say(`conntrack  ${line.trim()}`, { event: event.type, connection: event.entry });
    }
  }

  #ruleset(): RulesetWatch {
    const kernel = this.#kept(new KernelRuleset(this.#libc, this.#namespace));
    return this.#kept(
      new RulesetWatch(kernel, (commit) => {
        if (!this.#wants('ruleset')) return;
        if (commit === undefined) this.#lost('ruleset');
        for (const { text, json } of commit === undefined ? [] : tell(commit, {}))
          this.#say(`ruleset    ${text}`, { event: 'ruleset', change: JSON.parse(json) as object });
      }),
    );
  }

  #trace(ruleset: RulesetWatch, names: (index: number) => string): void {
    const paint = paintFor(this.#request.colour, this.#host);
    const print = (text: string): void => this.#host.out(text);
    const packets = this.#kept(new TracedPackets({ names, paint, print }));
    const to = {
      step: (trace: NftTrace) => {
        if (this.#request.json)
          this.#say('', { event: 'trace', ...traceJson(trace, ruleset.programs) });
        else packets.step(trace, ruleset.programs);
      },
      lost: () => this.#lost('trace'),
    };
    this.#kept(listenToTraces(this.#libc, to, this.#namespace));
  }

  #logs(names: (index: number) => string): void {
    const { json, hex, colour, groups } = this.#request;
    const shown = { hex, paint: paintFor(colour, this.#host) };
    this.#kept(
      openLogs(
        this.#libc,
        {
          packet: (packet) => {
            const text = json ? `${sniffJson(packet, names)}\n` : sniffText(packet, names, shown);
            this.#host.out(text);
          },
          lost: () => this.#lost('log'),
        },
        groups,
        this.#namespace,
      ),
    );
  }
}
