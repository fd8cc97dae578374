// `sluice conntrack --live` beside conntrack(8), each on a namespace of the running kernel: the same commands
// give the same output, the same messages and the same exit status.

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, hex, unhex } from '../../src/bytes/index.ts';
import { conntrack } from '../../src/cli/commands/conntrack.ts';
import { KernelConnections, LITTLE_ENDIAN, loadLibc, Namespace } from '../../src/linux/index.ts';
import {
  Attributes,
  connectionRequest,
  connectionsDump,
  encodeMessage,
  encodeQueueMessage,
  QueueMessage,
  readQueueMessage,
  splitMessages,
  VerdictWriter,
} from '../../src/netlink/index.ts';
import { connectionInfo } from '../../src/queue/meta.ts';
import { NFQA_CT } from '../../src/uapi/index.ts';
import { difference, openPair, type Pair } from './conntrack/pair.ts';
import { BATCHES, SCRIPT } from './conntrack/script.ts';
import { missing } from './needs.ts';
import { START } from './until.ts';

const reason = missing();
const NO_EXTRAS = { mark: undefined, bytes: undefined, start: 0, end: 0 } as const;

describe.skipIf(reason !== undefined)(
  `conntrack and sluice conntrack --live${reason ? ` (${reason})` : ''}`,
  () => {
    const ours = `slctlo${process.pid}`;
    let pair: Pair;
    beforeAll(() => {
      spawnSync('ip', ['netns', 'add', ours]);
      pair = openPair('slctl', 'conntrack', (words, host) =>
        conntrack(['--live', '--netns', ours, ...words], host),
      );
    });
    afterAll(() => {
      pair.close();
      spawnSync('ip', ['netns', 'del', ours]);
    });

    test('a script of commands, each with the same answer', { timeout: 120_000 }, async () => {
      const differences: (string | undefined)[] = [];
      for (const line of SCRIPT) {
        const words = line.split(/ +/);
        differences.push(difference(line, pair.real(words), await pair.ours(words)));
      }
      expect(differences.filter((d) => d !== undefined).join('\n\n')).toBe('');
      expect(SCRIPT.length).toBeGreaterThan(300);
    });

    test('connections behind the port: made, told, changed, found and deleted', async () => {
      const libc = await loadLibc();
      const namespace = new Namespace(libc, ours);
      const connections = new KernelConnections(libc, namespace);
      connections.flush();
      const told: string[] = [];
      const listening = connections.events((event) => told.push(event.type));
      const [src, dst] = ['10.0.0.1', '10.0.0.2'];
      connections.create({
        ...{ family: 'ip', protocol: 17, timeout: 100, status: 0, mark: 5, zone: 2, id: 0 },
        original: { src, dst, sport: 1, dport: 2 },
        reply: { src: dst, dst: src, sport: 2, dport: 1 },
      });
      const made = connections.get({ mark: 5, zone: 2 });
      expect(made?.original).toMatchObject({ src, dst, sport: 1, dport: 2 });
      connections.update({ ...made!, mark: 6 });
      expect([...connections.dump({ mark: 6 })]).toHaveLength(1);
      expect(() => connections.create(made!)).toThrow('EEXIST');
      expect(connections.delete({ original: { sport: 1 } })).toBe(1);
      expect([...connections.dump()]).toEqual([]);
      await expect.poll(() => told, { timeout: START }).toEqual(['new', 'update', 'destroy']);
      listening.close();
      connections.close();
      namespace.close();
    });

    // A kernel without CONFIG_NETFILTER_NETLINK_GLUE_CT has no NFQA_CT. What it would hold are ctnetlink's
    // own attributes: nfqnl_put_packet_info() has them from ctnetlink_glue_build(), and
    // nfqnl_ct_parse() reads them as ctnetlink_change_conntrack() does.
    test('what a queue says of a connection, and a verdict to it, is what ctnetlink says', async () => {
      const libc = await loadLibc();
      const namespace = new Namespace(libc, ours);
      const connections = new KernelConnections(libc, namespace);
      connections.flush();
      const rule = 'table ip labelled { chain c { ct label 1; }; }';
      spawnSync('ip', ['netns', 'exec', ours, 'nft', rule]);
      const [src, dst] = ['10.0.0.1', '10.0.0.2'];
      connections.create({
        ...{ family: 'ip', protocol: 17, timeout: 100, status: 0, mark: 5, zone: 0, id: 0 },
        original: { src, dst, sport: 1, dport: 2 },
        reply: { src: dst, dst: src, sport: 2, dport: 1 },
        labels: '01'.padEnd(32, '0'),
      });
      const [dumped] = connections.ask(
        (seq) => connectionsDump('all', {}, seq, LITTLE_ENDIAN),
        'list',
      );
      const told = connections.get({ mark: 5 })!;

      const queued = new QueueMessage();
      queued.buffer = dumped!.payload;
      [queued.ct, queued.ctEnd] = [4, dumped!.payload.length];
      const bytes = encodeMessage(encodeQueueMessage(queued, LITTLE_ENDIAN), LITTLE_ENDIAN);
      const read = new QueueMessage();
      expect(readQueueMessage(bytes, 0, bytes.length, LITTLE_ENDIAN, read)).toBe('');
      const { id, mark, status, label } = connectionInfo(read, LITTLE_ENDIAN)!;
      expect({ id, mark, status, labels: hex(label) }).toEqual({
        ...{ id: told.id, mark: 5, status: told.status, labels: told.labels },
      });

      const verdict = new VerdictWriter(LITTLE_ENDIAN);
      const ctLabel = unhex('03'.padEnd(32, '0'));
      verdict.one(7, 1, 1, { ...NO_EXTRAS, ctMark: 9, ctLabel });
      const [message] = splitMessages(
        verdict.buffer.slice(0, verdict.length),
        LITTLE_ENDIAN,
      ).messages;
      const attributes = new Attributes(message!.payload.subarray(4), LITTLE_ENDIAN).bytes(NFQA_CT);
      const { family, protocol, original } = told;
      connections.ask((seq) => {
        const update = connectionRequest(
          'update',
          { family, protocol, original },
          seq,
          LITTLE_ENDIAN,
        );
        return { ...update, payload: concatBytes(update.payload, attributes) };
      }, 'update connection');
      expect(connections.get({ mark: 9 })).toMatchObject({ labels: '03'.padEnd(32, '0') });
      connections.flush();
      connections.close();
      namespace.close();
    });

    test('files of commands, and what they leave', async () => {
      const differences: (string | undefined)[] = [];
      for (const text of BATCHES) {
        const words = ['-R', '-'];
        differences.push(difference(text, pair.real(words, text), await pair.ours(words, text)));
        const after = difference(`-L after ${text}`, pair.real(['-L']), await pair.ours(['-L']));
        differences.push(after);
      }
      expect(differences.filter((d) => d !== undefined).join('\n\n')).toBe('');
    });
  },
);
