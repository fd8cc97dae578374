import picocolors from 'picocolors';
import type { Paint } from '../trace/index.ts';
import type { Host } from './host.ts';

export type ColourWish = 'always' | 'never' | 'auto';

/** https://no-color.org: any value but an empty one asks for none. FORCE_COLOR asks for it in a pipe. */
export function wantsColour(wish: ColourWish, host: Host): boolean {
  if (wish !== 'auto') return wish === 'always';
  if ((host.env.NO_COLOR ?? '') !== '' || host.env.TERM === 'dumb') return false;
  if ((host.env.FORCE_COLOR ?? '') !== '') return host.env.FORCE_COLOR !== '0';
  return host.outIsTerminal;
}

export const paintFor = (wish: ColourWish, host: Host): Paint =>
  picocolors.createColors(wantsColour(wish, host));
