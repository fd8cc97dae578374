// `sluice divert CONFIG.yaml`: traffic for any address and port, to the programs that listen here.

import {
  InterfaceNames,
  type Libc,
  type LogSocket,
  loadLibc,
  type Namespace,
  within,
} from '../../../linux/index.ts';
import type { LoggedPacket } from '../../../netlink/index.ts';
import type { Batch } from '../../../program/index.ts';
import type { Paint } from '../../../trace/index.ts';
import { type ColourWish, paintFor } from '../../colour.ts';
import { EXIT_OK, Failure, fileFailure } from '../../failure.ts';
import type { Host, Sink } from '../../host.ts';
import { openLogs, openNamespace, timeOf } from '../../log-groups.ts';
import { OwnedTable } from '../../owned-table.ts';
import { PacketFile } from '../../packet-file.ts';
import { endSignal } from '../../signals.ts';
import { type DivertConfig, readConfig } from './config.ts';
import { deafPorts } from './listening.ts';
import { requestOf, requestText } from './requests.ts';
import { rulesOf } from './rules.ts';
import { type Groups, rulesetText, TABLE } from './ruleset.ts';

export interface DivertRequest {
  readonly config: string;
  readonly netns: string | undefined;
  /** The first of three NFLOG groups. */
  readonly group: number;
  /** Prints the rules and ends. */
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly colour: ColourWish;
}

const FLUSH_EVERY = 500;
const utf8 = new TextEncoder();

async function configOf(path: string, host: Host): Promise<DivertConfig> {
  const text = await host.readText(path).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  const { parseYaml } = await import('../../yaml.ts');
  let file: unknown;
  try {
    file = parseYaml(text);
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`);
  }
  const { config, problems } = readConfig(file);
  if (problems.length > 0) throw new Failure(problems.map((one) => `${path}: ${one}`).join('\n'));
  return config;
}

const groupsOf = ({ before, after }: DivertConfig, first: number): Groups => ({
  asked: first,
  ...(before !== undefined && { before: first + 1 }),
  ...(after !== undefined && { after: first + 2 }),
});

/** Runs until a signal comes. */
export async function divert(request: DivertRequest, host: Host): Promise<number> {
  const config = await configOf(request.config, host);
  const groups = groupsOf(config, request.group);
  const rules = rulesOf(config, groups, host);
  if (request.dryRun) {
    host.out(rulesetText(config, groups));
    return EXIT_OK;
  }
  const ended = endSignal();
  const libc = await loadLibc();
  const namespace = request.netns === undefined ? undefined : openNamespace(libc, request.netns);
  const watch = await Watch.open({ request, config, groups, rules, libc, namespace, host });
  try {
    await watch.run(ended);
  } finally {
    await watch.close();
    namespace?.close();
  }
  return EXIT_OK;
}

interface Opening {
  readonly request: DivertRequest;
  readonly config: DivertConfig;
  readonly groups: Groups;
  readonly rules: Batch;
  readonly libc: Libc;
  readonly namespace: Namespace | undefined;
  readonly host: Host;
}

interface Files {
  readonly before: PacketFile | undefined;
  readonly after: PacketFile | undefined;
  readonly log: Sink | undefined;
}

async function filesOf({ before, after, log }: DivertConfig, host: Host): Promise<Files> {
  return {
    before: before === undefined ? undefined : await PacketFile.create(before, host),
    after: after === undefined ? undefined : await PacketFile.create(after, host),
    log:
      log === undefined
        ? undefined
        : await host.create(log).catch((error: unknown) => {
            throw fileFailure(log, error);
          }),
  };
}

/** Everything that is open while traffic is diverted. */
class Watch {
  readonly #opening: Opening;
  readonly #files: Files;
  readonly #paint: Paint;
  readonly #names: InterfaceNames;
  readonly #logs: LogSocket;
  readonly #rules: OwnedTable;
  #lost = 0;
  #asked = 0;

  static async open(opening: Opening): Promise<Watch> {
    return new Watch(opening, await filesOf(opening.config, opening.host));
  }

  private constructor(opening: Opening, files: Files) {
    const { request, groups, rules, libc, namespace, host } = opening;
    this.#opening = opening;
    this.#files = files;
    this.#paint = paintFor(request.colour, host);
    this.#names = within(namespace, () => new InterfaceNames(libc));
    this.#logs = openLogs(
      libc,
      { packet: (packet) => this.#packet(packet), lost: () => this.#lost++ },
      Object.values(groups),
      namespace,
    );
    try {
      this.#rules = new OwnedTable(libc, TABLE, rules, namespace);
    } catch (error) {
      this.#logs.close();
      throw error;
    }
  }

  #packet(packet: LoggedPacket): void {
    const { groups } = this.#opening;
    if (packet.group === groups.asked) this.#request(packet);
    else
      this.#capture(
        packet.group === groups.before ? this.#files.before : this.#files.after,
        packet,
      );
  }

  #capture(file: PacketFile | undefined, packet: LoggedPacket): void {
    const { payload, indev, outdev } = packet;
    if (payload === undefined) return;
    file?.packet({
      device: this.#names.get(indev ?? outdev ?? 0),
      time: timeOf(packet),
      data: payload,
    });
  }

  #request(packet: LoggedPacket): void {
    const { config, request, host } = this.#opening;
    const name = (index: number): string => this.#names.get(index);
    const asked = requestOf(packet, config, name);
    if (asked === undefined) return;
    this.#asked++;
    const json = `${JSON.stringify(asked)}\n`;
    void this.#files.log?.write(utf8.encode(json));
    host.out(request.json ? json : `${this.#coloured(requestText(asked))}\n`);
  }

  /** The port nobody listens on stands out. */
  #coloured(text: string): string {
    return text.replace(/\(default\)/, (word) => this.#paint.yellow(word));
  }

  #say(text: string): void {
    this.#opening.host.err(`${text}\n`);
  }

  async run(ended: Promise<void>): Promise<void> {
    const { config, namespace, request } = this.#opening;
    for (const port of deafPorts(config, namespace)) this.#say(`nothing listens on ${port} yet`);
    this.#say(`diverting, as ${request.config} says; Ctrl-C ends it and takes the rules away`);
    const timer = setInterval(() => {
      this.#files.before?.flush();
      this.#files.after?.flush();
    }, FLUSH_EVERY);
    await ended;
    clearInterval(timer);
  }

  async close(): Promise<void> {
    this.#rules.remove();
    this.#logs.close();
    this.#names.close();
    const { before, after, log } = this.#files;
    await Promise.all([before?.close(), after?.close(), log?.close()]);
    const skipped = (before?.skipped ?? 0) + (after?.skipped ?? 0) + this.#lost;
    const missing = skipped === 0 ? '' : `; ${skipped} packets are missing in log and captures`;
    this.#say(`${this.#asked} connections were diverted${missing}`);
  }
}
