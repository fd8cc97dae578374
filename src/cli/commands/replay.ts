import { resolve } from 'node:path';
import { directionOf, type PacketRecord } from '../../capture/index.ts';
import { type ManualClock, manualClock, type NetDevice } from '../../core/index.ts';
import { accountingOf } from '../../engine/index.ts';
import { acctListText } from '../../iptables/index.ts';
import { addressesOf, type Firewall, ReplayTally, Sightings } from '../../lab/index.ts';
import { TraceCollector } from '../../trace/index.ts';
import { Annotated } from '../annotated.ts';
import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_INPUT, EXIT_OK, EXIT_USAGE, Failure } from '../failure.ts';
import { type Frame, framesOf } from '../frames.ts';
import { type HandlerQueues, handlerQueues } from '../handler-queues.ts';
import type { Host } from '../host.ts';
import { loadRulesets } from '../load.ts';
import {
  assumedNetwork,
  buildFirewall,
  describedNetwork,
  givenFingerprints,
  givenTimeouts,
  interfaceIndexes,
  type NetworkRequest,
} from '../network.ts';
import { progressBar } from '../progress.ts';
import { summaryText } from '../summary.ts';

export interface ReplayRequest extends NetworkRequest {
  readonly capture: string;
  readonly output: string | undefined;
  readonly json: boolean;
  readonly colour: ColourWish;
}

const ALL = [[1, Number.POSITIVE_INFINITY]] as const;
/** Packets looked at to infer a network; a capture shows all its hosts long before. */
const LOOKED_AT = [[1, 20_000]] as const;

/** Sends a capture through a firewall and says what became of it. */
export async function replay(request: ReplayRequest, host: Host): Promise<number> {
  if (request.output !== undefined && resolve(request.output) === resolve(request.capture))
    throw new Failure('the capture cannot be written over itself', EXIT_USAGE);
  const paint = paintFor(request.colour, host);
  const described = await describedNetwork(request, host);
  const fingerprints = await givenFingerprints(request, host);
  const timeouts = await givenTimeouts(request);
  const loaded = await loadRulesets(request, host, paint, interfaceIndexes(described), timeouts);
  const network = described ?? assumedNetwork(loaded, (await lookAt(request, host)).list, host);
  const first = await firstPacket(request.capture, host);
  const clock = manualClock(first === undefined ? 0 : first.seconds + first.nanoseconds / 1e9);
  const collector = new TraceCollector({ now: () => clock.now(), describe: () => '', brief: true });
  const annotated = await Annotated.create(request.output, first, host);
  const transmitted = (device: NetDevice, frame: Uint8Array): void =>
    annotated.sent(device, frame, clock.now());
  const firewall = buildFirewall({
    network,
    loaded,
    clock,
    seed: request.seed,
    fingerprints,
    timeouts,
    tracer: collector,
    transmitted,
  });
  const queues = await handlerQueues(firewall, request.queues ?? [], host);
  const run = new Run(firewall, clock, collector, annotated, queues);
  const started = host.elapsed();
  const failure = await run.all(request.capture, host);
  await queues.stop();
  await annotated.close();
  const seconds = (host.elapsed() - started) / 1000;
  const summary = run.tally.summary();
  const accounts = loaded.accounting && { accounting: accountingOf(firewall.netns).save() };
  if (request.json) {
    const result = { schema: 'sluice-replay/1', ...summary, ...accounts };
    host.out(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    host.out(summaryText(summary, { paint, seconds }));
    if (accounts) host.out(acctListText(accounts.accounting, 'plain', 0));
  }
  if (request.output !== undefined && !request.json)
    host.out(`annotated capture: ${request.output}\n`);
  if (failure === undefined) return EXIT_OK;
  host.err(`sluice: ${failure.message}\n`);
  return EXIT_INPUT;
}

/** A first look, where no topology is given. What is broken shows again in the second. */
async function lookAt(request: ReplayRequest, host: Host): Promise<Sightings> {
  const sightings = new Sightings();
  try {
    for await (const { arrival, device } of framesOf(request.capture, LOOKED_AT, host))
      if (typeof arrival !== 'string') sightings.see(arrival, device);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return sightings;
}

/** When the capture begins. */
async function firstPacket(path: string, host: Host): Promise<PacketRecord | undefined> {
  try {
    for await (const { record } of framesOf(path, [[1, 1]], host)) return record;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return undefined;
}

/** One pass over the capture. */
class Run {
  readonly tally = new ReplayTally();
  readonly #firewall: Firewall;
  readonly #clock: ManualClock;
  readonly #collector: TraceCollector;
  readonly #annotated: Annotated;
  readonly #queues: HandlerQueues;

  constructor(
    firewall: Firewall,
    clock: ManualClock,
    collector: TraceCollector,
    annotated: Annotated,
    queues: HandlerQueues,
  ) {
    this.#firewall = firewall;
    this.#clock = clock;
    this.#collector = collector;
    this.#annotated = annotated;
    this.#queues = queues;
  }

  /** Every packet; gives what was wrong with the file, if anything was. */
  async all(path: string, host: Host): Promise<Failure | undefined> {
    const bar = await progressBar(path, host);
    try {
      for await (const frame of framesOf(path, ALL, host)) {
        await this.#frame(frame);
        bar.at(frame.record.offset, frame.number);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error;
    } finally {
      bar.stop();
    }
    return undefined;
  }

  async #frame(frame: Frame): Promise<void> {
    this.#clock.advanceTo(frame.ns);
    await this.#queues.settle();
    this.#collector.take();
    const bytes = frame.record.originalLength;
    const { arrival } = frame;
    const skip = typeof arrival === 'string' ? arrival : this.#skips(frame);
    if (skip !== undefined || typeof arrival === 'string') {
      this.tally.skip(skip ?? '', bytes);
      await this.#annotated.packet(frame, frame.device ?? 'unknown', undefined);
      return;
    }
    const named = this.#isDevice(frame.device) ? frame.device : undefined;
    const device = this.#firewall.deviceFor(arrival, named);
    this.#firewall.inject(arrival, device);
    await this.#queues.settle();
    const [trace] = this.#collector.take();
    if (trace !== undefined) this.tally.add(trace, bytes);
    await this.#annotated.packet(frame, device?.name ?? 'lo', trace);
  }

  #isDevice(name: string | undefined): boolean {
    return name !== undefined && this.#firewall.netns.devices.byName(name) !== undefined;
  }

  /** What the firewall of the capture sent, or what was cut: replaying those would tell nothing. */
  #skips({ arrival, record }: Frame): string | undefined {
    if (typeof arrival === 'string') return arrival;
    if (record.data.length < record.originalLength && addressesOf(arrival) !== undefined)
      return 'cut short by the capture';
    const isSent = arrival.packetType === 'outgoing' || directionOf(record) === 'outbound';
    return isSent ? 'sent by the capturing host' : undefined;
  }
}
