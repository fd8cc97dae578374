import { object, oneOf } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ipt_TTL_info and struct ip6t_HL_info. */
export interface TtlTargetInfo {
  readonly mode: 'set' | 'inc' | 'dec';
  readonly ttl: number;
}

const check = object<TtlTargetInfo>({ mode: oneOf('set', 'inc', 'dec'), ttl: u8 });

export const TTL_SHAPES: readonly XtShape[] = ['HL', 'TTL'].map((name) => ({ name, check }));
