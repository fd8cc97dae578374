import { object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** ip6t_eui64 has nothing to say. */
export type Eui64Info = Readonly<Record<string, never>>;

export const eui64Shape: XtShape = { name: 'eui64', check: object<object>({}) };
