import { manualClock } from '../../core/index.ts';
import {
  type Arrival,
  arrivalFromBytes,
  describePacket,
  type Firewall,
  type InjectOptions,
  ipCommand,
  Sightings,
} from '../../lab/index.ts';
import {
  durationText,
  type PacketTrace,
  type Paint,
  renderTrace,
  TraceCollector,
} from '../../trace/index.ts';
import type { ColourWish } from '../colour.ts';
import { paintFor } from '../colour.ts';
import { EXIT_OK, Failure } from '../failure.ts';
import { framesOf } from '../frames.ts';
import { handlerQueues } from '../handler-queues.ts';
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
import { arrivalFromNotation } from '../notation.ts';
import { type PacketRequest, packetRequests } from '../packet-args.ts';

export interface TraceRequest extends NetworkRequest {
  readonly packets: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
  readonly colour: ColourWish;
}

interface PacketStep {
  readonly kind: 'packet';
  readonly arrival: Arrival;
  readonly device: string | undefined;
  /** Sent by the firewall itself. */
  readonly local?: boolean;
  readonly options?: InjectOptions;
  /** Nanoseconds since the capture it is from began. */
  readonly at?: number;
}

/** A packet to send, time to let pass, or a change of the network. */
type Step = PacketStep | Extract<PacketRequest, { kind: 'advance' | 'ip' }>;

/** `-` stands for the lines of standard input; empty ones and those that start with # count for nothing. */
async function requestsOf(args: readonly string[], host: Host): Promise<PacketRequest[]> {
  if (!args.includes('-')) return packetRequests(args);
  const lines = (await host.readInput())
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return packetRequests(args.flatMap((arg) => (arg === '-' ? lines : [arg])));
}

async function stepsOf(request: PacketRequest, host: Host): Promise<Step[]> {
  switch (request.kind) {
    case 'advance':
    case 'ip':
      return [request];
    case 'notation':
      return [{ kind: 'packet', ...arrivalFromNotation(request.text) }];
    case 'hex':
      return [{ kind: 'packet', arrival: fromHex(request.digits), device: request.device }];
    case 'capture':
      return captureSteps(request, host);
  }
}

function fromHex(digits: string): Arrival {
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const arrival = arrivalFromBytes(bytes);
  if (typeof arrival === 'string') throw new Failure(`hex: ${arrival}`);
  return arrival;
}

async function captureSteps(
  { path, frames }: Extract<PacketRequest, { kind: 'capture' }>,
  host: Host,
): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const { number, arrival, device, ns } of framesOf(path, frames, host)) {
    if (typeof arrival === 'string') throw new Failure(`${path}#${number}: ${arrival}`);
    steps.push({ kind: 'packet', arrival, device, at: ns });
  }
  if (steps.length === 0) throw new Failure(`${path}: no such frames`);
  return steps;
}

/** Traces packets through one firewall, in order. */
export async function trace(request: TraceRequest, host: Host): Promise<number> {
  const paint = paintFor(request.colour, host);
  const described = await describedNetwork(request, host);
  const fingerprints = await givenFingerprints(request, host);
  const timeouts = await givenTimeouts(request);
  const loaded = await loadRulesets(request, host, paint, interfaceIndexes(described), timeouts);
  const requests = await requestsOf(request.packets, host);
  const steps = (await Promise.all(requests.map((one) => stepsOf(one, host)))).flat();
  const sightings = new Sightings();
  for (const step of steps)
    if (step.kind === 'packet') sightings.see(step.arrival, step.device, step.local ?? false);
  const network = described ?? assumedNetwork(loaded, sightings.list, host);
  const clock = manualClock();
  const named = new Map(Object.entries(loaded.interfaces).map(([name, index]) => [index, name]));
  const collector = new TraceCollector({
    now: () => clock.now(),
    describe: describePacket,
    deviceName: (index) => firewall.netns.devices.byIndex(index)?.name ?? named.get(index),
  });
  const firewall: Firewall = buildFirewall({
    network,
    loaded,
    clock,
    seed: request.seed,
    fingerprints,
    timeouts,
    tracer: collector,
  });
  const queues = await handlerQueues(firewall, request.queues ?? [], host);
  const traces: PacketTrace[] = [];
  const print = request.json ? () => {} : printer(request, paint, host, steps);
  let origin: number | undefined;
  for (const step of steps) {
    if (step.kind === 'advance') clock.advance(step.ns);
    else if (step.kind === 'ip') refusing(() => ipCommand(firewall.stack, step.command));
    else {
      // Frames of a capture keep their distance in time.
      if (step.at !== undefined) {
        origin ??= step.at - clock.now();
        clock.advanceTo(step.at - origin);
      }
      send(firewall, step);
    }
    await queues.settle();
    // Time that passes can end things too: a fragment that waited, a neighbour that never answered.
    const taken = collector.take();
    traces.push(...taken);
    print(step, taken);
  }
  await queues.stop();
  if (request.json) host.out(`${JSON.stringify(traces, null, 2)}\n`);
  return EXIT_OK;
}

/** What a person said wrong ends the command. */
function refusing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(error.message);
    throw error;
  }
}

const send = (firewall: Firewall, { arrival, device, local, options }: PacketStep): void =>
  refusing(() => {
    const from = local === true ? undefined : firewall.deviceFor(arrival, device);
    firewall.inject(arrival, from, options);
  });

function printer(request: TraceRequest, paint: Paint, host: Host, steps: readonly Step[]) {
  const numbered = steps.filter((s) => s.kind === 'packet').length > 1;
  let count = 0;
  return (step: Step, traces: readonly PacketTrace[]): void => {
    if (step.kind === 'advance') host.out(`${paint.dim(`⏱ ${durationText(step.ns)} later`)}\n\n`);
    else if (step.kind === 'ip') host.out(`${paint.dim(`⚙ ${step.command}`)}\n\n`);
    else count++;
    for (const [i, one] of traces.entries()) {
      const title = numbered && i === 0 && step.kind === 'packet' ? `#${count}` : '';
      host.out(`${renderTrace(one, { paint, all: request.all, title })}\n`);
    }
  };
}
