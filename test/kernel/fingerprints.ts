// Fingerprints in the kernel's list, for as long as a case runs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './command.ts';

/** Returns what takes them out again. */
export function loadFingerprints(text: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-osf-'));
  const file = join(folder, 'pf.os');
  writeFileSync(file, text.endsWith('\n') ? text : `${text}\n`);
  command('nfnl_osf', ['-f', file]);
  return () => {
    command('nfnl_osf', ['-d', '-f', file]);
    rmSync(folder, { recursive: true });
  };
}
