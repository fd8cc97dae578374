import { spawnSync } from 'node:child_process';

/** Some tools ask for the names of addresses that they print, and nobody in a namespace answers. */
const env = { ...process.env, RES_OPTIONS: 'attempts:0' };

/** Runs a program and gives what it printed; its complaint is the error. */
export function command(program: string, args: readonly string[], input?: string): string {
  const done = spawnSync(program, args, {
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (done.error) throw done.error;
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${done.stderr.trim() || `exit ${done.status}`}`);
  return done.stdout;
}
