// The file a command reads, or standard input.

import { fileFailure } from '../failure.ts';
import type { Host } from '../host.ts';

/** @throws Failure where it cannot be read */
export async function sourceOf(
  file: string | undefined,
  host: Host,
): Promise<{ name: string; text: string }> {
  if (file === undefined || file === '-') return { name: '<stdin>', text: await host.readInput() };
  try {
    return { name: file, text: await host.readText(file) };
  } catch (error) {
    throw fileFailure(file, error);
  }
}
