// How much V8 inlines while a long ruleset is read.

/** Shorter texts are through before V8 has compiled anything twice. */
const LONG = 1 << 17;

/**
 * By default V8 inlines 920 bytes of bytecode into a function. That pays for packets by the million;
 * over ten thousand rules, compiling so much takes a tenth of the time (measured with Node 20).
 * @param before loads what is needed later: under other flags V8's cache (built.ts) is refused
 */
export async function inlineLittle(
  sources: readonly { readonly text: string }[],
  before?: () => Promise<unknown>,
): Promise<void> {
  if (sources.reduce((sum, { text }) => sum + text.length, 0) < LONG) return;
  await before?.();
  (await import('node:v8')).setFlagsFromString('--max-inlined-bytecode-size-cumulative=200');
}
