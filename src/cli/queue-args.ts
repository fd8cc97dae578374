// The words of `sluice queue`.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { QueueRequest } from './commands/queue/live.ts';
import type { QueueReplayRequest } from './commands/queue/replay.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import type { Host } from './host.ts';
import { hooksOf, option, wholeNumber } from './option-values.ts';

const HELP = `
A handler is a file whose default export is a function of a packet, or an object with handle() and, if it
likes, match, open(), reload() and close() (docs/queue.md). It answers 'accept', 'drop', 'repeat', 'stop',
{ queue: 3 } or nothing, which accepts. What it changes in a packet gets its lengths and checksums right.

With --match the rules are sluice's own: a table that is there as long as the command runs, however it ends.
Without it send packets to the queue yourself: iptables -A FORWARD … -j NFQUEUE --queue-num 7 --queue-bypass

Examples:
  sluice queue fix-keepalive.ts --match 'udp dport 1331'
  sluice queue filter.ts --match 'udp dport 53' --hook output,forward --policy drop --deadline 50
  sluice queue filter.ts --num 7 --record seen.pcapng --metrics 9100
  sluice queue heavy.ts --num 0-3 --fail-open --maxlen 65536
  sluice queue fix-keepalive.ts --replay monday.pcap -o fixed.pcap

Signals: SIGHUP calls the handler's reload(); SIGINT and SIGTERM answer all packets by --policy, take the
rules away and end.`;

interface Raw {
  readonly num?: readonly [number, number];
  readonly match?: string;
  readonly hook: readonly string[];
  readonly priority: number;
  readonly workers?: number;
  readonly netns?: string;
  readonly policy: 'accept' | 'drop';
  readonly deadline: number;
  readonly unordered?: boolean;
  readonly copy?: 'meta' | number;
  readonly maxlen?: number;
  readonly failOpen?: boolean;
  readonly gso?: boolean;
  readonly uidGid?: boolean;
  readonly conntrack?: boolean;
  readonly bypass: boolean;
  readonly json?: boolean;
  readonly metrics?: string;
  readonly record?: string;
  readonly quiet?: boolean;
  readonly replay?: string;
  readonly output?: string;
}

const queueNumber = wholeNumber(0, 0xffff);

function queueRange(text: string): readonly [number, number] {
  const [first = '', last = first, more] = text.split('-');
  const range = [queueNumber(first), queueNumber(last)] as const;
  if (more !== undefined || range[1] < range[0])
    throw new InvalidArgumentError('a number, or two with a dash between them, are wanted.');
  return range;
}

const copyOf = (text: string): 'meta' | number =>
  text === 'meta' ? 'meta' : wholeNumber(1, 0xffff)(text);

function addOptions(command: Command): Command {
  return command
    .addOption(
      option('-n, --num <queue>', 'the queue, or several: 0-3, a process each', queueRange),
    )
    .addOption(new Option('-m, --match <expr>', "what to queue, in nft's words; rules are made"))
    .addOption(
      option('--hook <names>', 'where --match looks', hooksOf).default(
        ['forward', 'input', 'output'],
        'forward,input,output',
      ),
    )
    .addOption(
      option(
        '--priority <number>',
        'of the rules of --match',
        wholeNumber(-0x80000000, 0x7fffffff),
      ).default(-150),
    )
    .option('--no-bypass', 'rules of --match drop packets while nobody listens')
    .addOption(option('-w, --workers <n>', 'processes, flows shared out', wholeNumber(1, 64)))
    .option('--netns <name>', 'a network namespace, by name or path')
    .addOption(
      new Option('--policy <verdict>', 'for packets that the handler does not answer')
        .choices(['accept', 'drop'])
        .default('accept'),
    )
    .addOption(
      option(
        '--deadline <ms>',
        'that a handler has for a packet',
        wholeNumber(1, 3_600_000),
      ).default(1000),
    )
    .option('--unordered', 'give verdicts as handlers answer, not in the order of the packets')
    .addOption(option('--copy <bytes>', "of each packet, or 'meta' for none", copyOf))
    .addOption(option('--maxlen <packets>', 'that wait at most', wholeNumber(1, 0xffffffff)))
    .option('--fail-open', 'accept packets that find the queue full')
    .option('--gso', 'take large offloaded packets as they are')
    .option('--uid-gid', 'ask who owns the socket of a packet')
    .option('--conntrack', "ask for the packet's connection")
    .option('--record <file>', 'write what was seen to a pcapng')
    .option('--replay <file>', 'packets of a pcap or pcapng instead of the kernel’s')
    .option('-o, --output <file>', 'write the packets of --replay as they went on')
    .option('--metrics <port>', 'serve Prometheus metrics there: 9100, 0.0.0.0:9100')
    .option('--json', 'print events as JSON, one a line')
    .option('-q, --quiet', 'print mistakes only');
}

export function addQueue(program: Command, host: Host, done: (code: number) => void): void {
  addOptions(program.command('queue'))
    .description('give packets of the running kernel, or of a capture, to a handler in TypeScript')
    .argument('<handler>', 'a file: .ts, .js, .mjs')
    .argument('[args...]', 'words for the handler, behind --')
    .addHelpText('after', HELP)
    .action(async (handler: string, args: string[], raw: Raw) => {
      if (raw.replay !== undefined) {
        const { queueReplay } = await import('./commands/queue/replay.ts');
        done(await queueReplay(replayOf(handler, args, raw, raw.replay), host));
        return;
      }
      if (raw.output !== undefined) throw new Failure('-o goes with --replay', EXIT_USAGE);
      const { queue } = await import('./commands/queue/live.ts');
      done(await queue(requestOf(handler, args, raw), host));
    });
}

const replayOf = (
  handler: string,
  args: readonly string[],
  raw: Raw,
  capture: string,
): QueueReplayRequest => ({
  handler,
  args,
  capture,
  output: raw.output,
  match: raw.match,
  policy: raw.policy,
  deadline: raw.deadline,
  ordered: raw.unordered !== true,
  json: raw.json ?? false,
});

const requestOf = (handler: string, args: readonly string[], raw: Raw): QueueRequest => ({
  handler,
  args,
  queues: raw.num,
  match: raw.match,
  hooks: raw.hook,
  priority: raw.priority,
  bypass: raw.bypass,
  workers: raw.workers,
  netns: raw.netns,
  policy: raw.policy,
  deadline: raw.deadline,
  ordered: raw.unordered !== true,
  record: raw.record,
  metrics: raw.metrics,
  json: raw.json ?? false,
  quiet: raw.quiet ?? false,
  binding: {
    ...(raw.copy === 'meta' && { copy: 'meta' as const }),
    ...(typeof raw.copy === 'number' && { copyRange: raw.copy }),
    ...(raw.maxlen !== undefined && { maxLength: raw.maxlen }),
    failOpen: raw.failOpen ?? false,
    gso: raw.gso ?? false,
    uidGid: raw.uidGid ?? false,
    conntrack: raw.conntrack ?? false,
  },
});
