// Expectations as conntrack(8) makes and looks for them (ctnetlink_create_expect() and its siblings).

import {
  type Expectation,
  type ExpectationEntry,
  type TupleFields,
  tupleOf,
} from '../../../conntrack/index.ts';
import { refused } from './fault.ts';
import { type ConnectionTable, findEntry } from './table.ts';
import type { Ends, ParsedCommand } from './template.ts';

const fieldsOf = ({ src = '', dst = '', sport = 0, dport = 0 }: Ends): TupleFields => ({
  src,
  dst,
  sport,
  dport,
});

/** A connection announces only by its helper. @throws ConntrackFault */
export function createExpectation(table: ConnectionTable, command: ParsedCommand): void {
  const { ct } = table;
  const { template, family = 'ip' } = command;
  const slot = findEntry(table, command);
  const helper = ct.helper(slot);
  if (helper === '') throw refused(command.command, 'EOPNOTSUPP');
  const entry: ExpectationEntry = {
    family,
    protocol: template.protocol ?? 0,
    tuple: fieldsOf(template.expected),
    mask: fieldsOf(template.mask),
    master: { ...ct.entryOf(slot).original, protocol: template.protocol ?? 0 },
    zone: 0,
    timeout: template.timeout ?? 0,
    class: 0,
    flags: 0,
    masterHelper: helper,
  };
  try {
    ct.expectations.create(entry);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refused(command.command, error.message.endsWith('full') ? 'ENOMEM' : 'EBUSY');
  }
}

/** The expectation of a tuple. @throws ConntrackFault */
export function findExpectation({ ct }: ConnectionTable, command: ParsedCommand): Expectation {
  const { template, family = 'ip' } = command;
  const tuple = tupleOf(family, template.protocol ?? 0, fieldsOf(template.original));
  const found = ct.expectations.find(tuple, 0);
  if (found === undefined) throw refused(command.command, 'ENOENT');
  return found;
}
