// `sniff`: one line and the bytes of every packet that matches, where the kernel's hooks see it.

import { hexdump } from '../../bytes/index.ts';
import { LinkType } from '../../capture/index.ts';
import { InterfaceNames, loadLibc, within } from '../../linux/index.ts';
import type { LoggedPacket } from '../../netlink/index.ts';
import { printPacket } from '../../packet/index.ts';
import type { Paint } from '../../trace/index.ts';
import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_OK, EXIT_USAGE, Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { clockText, openLogs, openNamespace, timeOf } from '../log-groups.ts';
import { compiledText, OwnedTable } from '../owned-table.ts';
import { PacketFile } from '../packet-file.ts';
import { endSignal } from '../signals.ts';

export interface SniffRequest {
  /** In nft's words; empty for every packet. */
  readonly match: string;
  readonly hooks: readonly string[];
  readonly priority: number;
  readonly group: number;
  readonly netns: string | undefined;
  readonly output: string | undefined;
  /** Packets to see before it ends. */
  readonly count: number | undefined;
  readonly hex: boolean;
  readonly json: boolean;
  readonly colour: ColourWish;
}

/** enum nf_inet_hooks */
const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress'];

const tableName = (group: number): string => `sluice_sniff_${group}`;

/** One chain for each hook, and the match in each. */
export function sniffRules({ match, hooks, priority, group }: SniffRequest): string {
  const chains = hooks.map(
    (hook) =>
      `  chain ${hook} {\n    type filter hook ${hook} priority ${priority};\n    ${match} log group ${group}\n  }\n`,
  );
  return `table inet ${tableName(group)} {\n${chains.join('')}}\n`;
}

/** A line for a person, and under it the bytes. */
export function sniffText(
  packet: LoggedPacket,
  names: (index: number) => string,
  { hex, paint }: { readonly hex: boolean; readonly paint: Paint },
): string {
  const { payload = new Uint8Array(0), prefix, indev, outdev, hook, mark, uid } = packet;
  const where = [
    ...(prefix ? [prefix.trim()] : []),
    HOOKS[hook] ?? `hook ${hook}`,
    ...(indev ? [`in ${names(indev)}`] : []),
    ...(outdev ? [`out ${names(outdev)}`] : []),
    ...(mark ? [`mark 0x${mark.toString(16)}`] : []),
    ...(uid === undefined ? [] : [`uid ${uid}`]),
  ].join(' ');
  const line = printPacket(payload, LinkType.raw);
  const head = `${paint.dim(clockText(timeOf(packet)))}  ${paint.cyan(where)}  ${line}\n`;
  return hex ? `${head}${paint.dim(hexdump(payload).replaceAll(/^/gm, '  '))}\n` : head;
}

/** The same for a program. */
export const sniffJson = (packet: LoggedPacket, names: (index: number) => string): string => {
  const {
    payload = new Uint8Array(0),
    prefix,
    group,
    indev,
    outdev,
    hook,
    mark,
    uid,
    gid,
  } = packet;
  return JSON.stringify({
    time: timeOf(packet),
    group,
    ...(prefix && { prefix }),
    hook: HOOKS[hook] ?? hook,
    ...(indev && { in: names(indev) }),
    ...(outdev && { out: names(outdev) }),
    ...(mark && { mark }),
    ...(uid !== undefined && { uid, gid }),
    text: printPacket(payload, LinkType.raw),
    bytes: Buffer.from(payload).toString('hex'),
  });
};

/** Runs until a signal comes, or `count` packets. */
export async function sniff(request: SniffRequest, host: Host): Promise<number> {
  const rules = rulesOf(request);
  const signal = endSignal();
  const libc = await loadLibc();
  const namespace = request.netns === undefined ? undefined : openNamespace(libc, request.netns);
  const file =
    request.output === undefined ? undefined : await PacketFile.create(request.output, host);
  const devices = within(namespace, () => new InterfaceNames(libc));
  const names = (index: number): string => devices.get(index);
  const shown = { hex: request.hex, paint: paintFor(request.colour, host) };
  let seen = 0;
  let lost = 0;
  let ended = (): void => {};
  const end = new Promise<void>((done) => {
    ended = done;
  });
  const packet = (one: LoggedPacket): void => {
    if (request.count !== undefined && seen >= request.count) return;
    seen++;
    host.out(request.json ? `${sniffJson(one, names)}\n` : sniffText(one, names, shown));
    const device = names(one.indev ?? one.outdev ?? 0);
    if (one.payload) file?.packet({ device, time: timeOf(one), data: one.payload });
    if (seen === request.count) ended();
  };
  const logs = openLogs(libc, { packet, lost: () => lost++ }, [request.group], namespace);
  let table: OwnedTable | undefined;
  try {
    table = new OwnedTable(libc, tableName(request.group), rules, namespace);
    if (!request.json)
      host.err(
        `sniffing at ${request.hooks.join(', ')}; Ctrl-C ends it and takes the rules away\n`,
      );
    await Promise.race([signal, end]);
  } finally {
    table?.remove();
    logs.close();
    devices.close();
    namespace?.close();
    await file?.close();
  }
  const missing = lost + (file?.skipped ?? 0);
  if (!request.json)
    host.err(`${seen} packets${missing === 0 ? '' : `; ${missing} were missed`}\n`);
  return EXIT_OK;
}

/** @throws Failure: the match is wrong */
function rulesOf(request: SniffRequest) {
  try {
    return compiledText('--match', sniffRules(request));
  } catch (error) {
    if (error instanceof Failure)
      throw new Failure(`the match is wrong\n${error.message}`, EXIT_USAGE);
    throw error;
  }
}
