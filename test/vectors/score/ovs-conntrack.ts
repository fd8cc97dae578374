// Connection tracking tests of Open vSwitch: their flows run in a small switch on the conntrack and nat
// of this project, with hosts at its ports that answer.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Assignment, type Event, type Findings, Run, type Test } from './ovs/run.ts';
import type { Report, Suite } from './suite.ts';

const FILE = 'ovs-conntrack.json';

const isFlows = ({ flows }: Event): boolean => flows !== undefined;

/** The checks that a test has something for. */
function checksOf({ events }: Test): Set<'entries' | 'wire' | 'commands'> {
  const checks = new Set<'entries' | 'wire' | 'commands'>();
  for (const { expect_ct, expect_wire, run } of events) {
    if (expect_ct !== undefined) checks.add('entries');
    if (expect_wire !== undefined) checks.add('wire');
    if (/^OVS_GET_|tftp:/.test(run ?? '') || /tftp:/.test(run ?? '')) checks.add('commands');
  }
  return checks;
}

/**
 * The vectors put all sets of flows first and do not say when the next one took over; that was after some
 * flush. So every way for them to follow each other is tried.
 */
function assignments(sets: number, segments: number): Assignment[] {
  if (segments === 0) return [[]];
  return assignments(sets, segments - 1).flatMap((before) => {
    const last = before.at(-1) ?? 0;
    const choices = before.length === 0 ? [0] : [last, last + 1].filter((set) => set < sets);
    return choices.map((set) => [...before, set]);
  });
}

function findingsOf(test: Test): Findings {
  const sets = Math.max(1, test.events.filter(isFlows).length);
  const flushes = test.events.filter(
    ({ flush }) => flush !== undefined && !flush.includes('ct_nw'),
  ).length;
  let best: Findings | undefined;
  for (const assignment of assignments(sets, sets === 1 ? 1 : flushes + 1)) {
    const findings = new Run(test, assignment).all(test.events);
    if (best === undefined || findings.size < best.size) best = findings;
    if (best.size === 0) break;
  }
  return best!;
}

export const ovsConntrack: Suite = {
  name: 'ovs-conntrack',
  checks: ['entries', 'wire', 'commands'],
  reads: FILE,
  run(dir: string, report: Report): void {
    for (const test of JSON.parse(readFileSync(join(dir, FILE), 'utf8')) as readonly Test[]) {
      let findings: Findings;
      try {
        findings = findingsOf(test);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        findings = new Map([...checksOf(test)].map((check) => [check, why]));
      }
      for (const check of checksOf(test)) {
        const why = findings.get(check);
        if (why === undefined) report.pass(check, test.name);
        else report.fail(check, test.name, why);
      }
    }
  },
};
