// A rule of the tree while it is put together.

import type { Table } from '../../program/index.ts';
import type { Expression, Statement } from '../ast/index.ts';
import type { Datatype } from '../types/index.ts';
import type { Match } from './layers.ts';
import type { Operand } from './operand.ts';
import { typeOf } from './operand-type.ts';
import { render } from './render.ts';
import { type Resolver, resolve } from './resolve.ts';
import type { ValueContext } from './values.ts';

/** A statement that is finished, or a match that a later one may still make redundant. */
export type Slot = { readonly statement: Statement } | { readonly match: Match };

export interface Builder {
  readonly r: Resolver;
  readonly cx: ValueContext;
  readonly table: Table;
  readonly slots: Slot[];
}

export const put = (b: Builder, statement: Statement): void => {
  b.slots.push({ statement });
};

/** An operand resolved and rendered; constants are of `type`, or of what they stand beside. */
export const expr = (b: Builder, o: Operand, type?: Datatype): Expression =>
  render(resolve(b.r, o), type ?? typeOf(o), b.cx);
