// Commands as changes. What only reads (list, get, monitor …) is handed through to whoever can
// answer it.

import type { Command } from '../ast/index.ts';
import { addDeclared, addRule } from './additions.ts';
import type { Builder } from './builder.ts';
import { flush, remove, rename } from './removals.ts';

/** Turns one command into changes. False for a command that only reads. */
export function addCommand(b: Builder, x: Command): boolean {
  switch (x.kind) {
    case 'add':
      b.attempt(() => addDeclared(b, x.object, false));
      return true;
    case 'create':
      b.attempt(() => addDeclared(b, x.object, true));
      return true;
    case 'insert':
      b.attempt(() => addRule(b, x.object, 'insert'));
      return true;
    case 'replace':
      b.attempt(() => addRule(b, x.object, 'replace'));
      return true;
    case 'delete':
      b.attempt(() => remove(b, x.object, false));
      return true;
    case 'destroy':
      b.attempt(() => remove(b, x.object, true));
      return true;
    case 'flush':
      b.attempt(() => flush(b, x.object));
      return true;
    case 'rename':
      b.attempt(() => rename(b, x));
      return true;
    default:
      return false;
  }
}
