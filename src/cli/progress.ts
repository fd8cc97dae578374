import type { Host } from './host.ts';

/** How much of what is counted is done. */
export interface Counter {
  at(done: number): void;
  stop(): void;
}

/** How far a long capture is. */
export interface Progress {
  at(offset: number, packets: number): void;
  stop(): void;
}

/** Shorter files are done before a bar could be read. */
const WORTH_A_BAR = 4 * 1024 * 1024;
const EVERY = 2000;

const SILENT: Progress = { at: () => {}, stop: () => {} };

/** A bar on a terminal's standard error, for files that take a while; otherwise nothing. */
export async function progressBar(path: string, host: Host): Promise<Progress> {
  const size = await host.size(path).catch(() => undefined);
  if (!host.errIsTerminal || size === undefined || size < WORTH_A_BAR) return SILENT;
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: '{bar} {percentage}%  {packets} packets  {duration_formatted}',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: true,
  });
  bar.start(size, 0, { packets: 0 });
  return {
    at: (offset, packets) => {
      if (packets % EVERY === 0) bar.update(offset, { packets });
    },
    stop: () => bar.stop(),
  };
}

/** A bar for work that is counted; on a terminal only. */
export async function countBar(total: number, what: string, host: Host): Promise<Counter> {
  if (!host.errIsTerminal) return { at: () => {}, stop: () => {} };
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: `{bar} {percentage}%  {value} ${what}  {duration_formatted}`,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: true,
  });
  bar.start(total, 0);
  return { at: (done) => bar.update(done), stop: () => bar.stop() };
}
