// A queue at full rate, for ten seconds; for five minutes with `npm run soak`. Nothing stays
// unanswered, memory does not grow, no descriptor is left open.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadLibc } from '../../../src/linux/index.ts';
import { missing } from '../needs.ts';
import { until } from '../until.ts';
import { ADDRESS, type Datagrams, QueueField } from './field.ts';
import { Sluice } from './process.ts';

const reason = missing();
const SECONDS = Number(process.env.SLUICE_SOAK ?? 10);
const PORT = 1333;
/** How much memory may be more at the end than in the middle, in MiB: heaps breathe. */
const BREATH = 32;

/** Accepts, edits in place, longer and shorter, drops, waits, throws and marks, by the packet's number. */
const HANDLER = `
const long = new Uint8Array(900);
export default (packet) => {
  switch (packet.id % 8) {
    case 0: packet.payload[0] = 66; return;
    case 1: packet.payload = long; return;
    case 2: packet.payload = packet.payload.slice(0, 5); return;
    case 3: return 'drop';
    case 4: packet.mark = 7; return 'accept';
    case 5: return new Promise((go) => setImmediate(go));
    case 6: if (packet.id % 4096 === 6) throw new Error('now and then'); return;
  }
};`;

interface Numbers {
  readonly packets: number;
  readonly pending: number;
  readonly waiting: number;
  readonly verdicts: Record<string, number>;
  readonly losses: Record<string, number>;
}

const memory = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

describe.skipIf(reason !== undefined)('a queue at full rate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-soak-'));
  let field: QueueField;

  beforeAll(async () => {
    field = new QueueField(await loadLibc());
  });
  afterAll(async () => {
    await field.reset();
    field.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends for so long; says how many. */
  async function flood(source: Datagrams, seconds: number): Promise<number> {
    const payload = new Uint8Array(64).fill(97);
    const end = performance.now() + seconds * 1000;
    let sent = 0;
    while (performance.now() < end) {
      for (let i = 0; i < 500; i++) source.send(payload, ADDRESS.ip.server, PORT);
      sent += 500;
      await turn();
    }
    return sent;
  }

  test('every packet answered, memory flat, no descriptor left', {
    timeout: (SECONDS + 120) * 1000,
  }, async () => {
    const file = join(folder, 'handler.mjs');
    writeFileSync(file, HANDLER);
    // Base chains that go later would drop what waits: everything is set up before.
    field.count('through', 'postrouting', `udp dport ${PORT}`);
    const words = [file, '--match', `udp dport ${PORT}`, '--maxlen', '16384'];
    const sluice = new Sluice(field.name('router'), words);
    field.after(() => void sluice.stop('SIGKILL'));
    await sluice.heard('listening');
    const pid = sluice.child.pid!;
    const source = field.datagrams('client', 'ip', 4000);
    await flood(source, SECONDS / 2);
    const middle = { memory: memory(pid), descriptors: descriptors(pid) };
    await flood(source, SECONDS / 2);
    const end = { memory: memory(pid), descriptors: descriptors(pid) };
    const last = (): Numbers | undefined =>
      sluice.events.findLast((e) => e.event === 'statistics') as unknown as Numbers;
    const before = sluice.events.length;
    await until(
      'it to be idle',
      () => sluice.events.length > before + 2 && last()?.waiting === 0,
      60_000,
    );
    const { packets, pending, verdicts, losses } = last()!;
    const answered = Object.values(verdicts).reduce((a, b) => a + b, 0);
    console.log(
      `${SECONDS} s: ${packets} packets, ${Math.round(packets / SECONDS)} a second, ${losses.full} found the queue full; ` +
        `${middle.memory.toFixed(0)} MiB in the middle, ${end.memory.toFixed(0)} at the end`,
    );
    expect([pending, answered]).toEqual([0, packets]);
    expect(field.counted('through')).toBe(verdicts.accept);
    expect(losses).toMatchObject({ refused: 0, malformed: 0, rescues: 0 });
    expect(end.descriptors).toBe(middle.descriptors);
    expect(end.memory - middle.memory).toBeLessThan(BREATH);
    expect(await sluice.stop()).toBe(0);
  });
});
