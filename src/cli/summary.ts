// The summary of a replay as tables.
import Table from 'cli-table3';
import type { Count, ReplaySummary } from '../lab/index.ts';
import type { Paint } from '../trace/index.ts';

export interface SummaryOptions {
  readonly paint: Paint;
  readonly seconds: number;
}

/** Rows shown of a long table; `--json` has them all. */
const SHOWN = 20;

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

type Row = readonly (string | number)[];

function table(head: readonly string[], rows: readonly Row[], numbers: number): string {
  const made = new Table({
    head: [...head],
    chars: BARE,
    colAligns: head.map((_, i) => (i < numbers ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows.slice(0, SHOWN)) made.push([...row]);
  const more = rows.length > SHOWN ? `\n… ${rows.length - SHOWN} more\n` : '\n';
  const lines = made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return lines.join('\n') + more;
}

const grouped = (n: number): string => n.toLocaleString('en').replaceAll(',', ' ');

const FATE_COLOUR: Readonly<Record<string, keyof Paint>> = {
  forwarded: 'green',
  delivered: 'green',
  sent: 'green',
  dropped: 'red',
  queued: 'yellow',
  held: 'yellow',
};

function fates(summary: ReplaySummary, paint: Paint): string {
  const rows = Object.entries(summary.fates)
    .sort(([, a], [, b]) => b.packets - a.packets)
    .map(([fate, count]: [string, Count]) => {
      const colour = paint[FATE_COLOUR[fate] ?? 'dim'];
      return [grouped(count.packets), grouped(count.bytes), colour(fate)];
    });
  return table(['packets', 'bytes', 'verdict'], rows, 2);
}

function decisions(summary: ReplaySummary, paint: Paint): string {
  const rows = summary.decisions.map((d) => {
    const colour = /drop/.test(d.verdict) ? paint.red : paint.green;
    return [grouped(d.packets), grouped(d.bytes), colour(d.verdict), paint.cyan(d.place), d.text];
  });
  return table(['packets', 'bytes', 'verdict', 'where', 'rule'], rows, 2);
}

const counts = (of: Readonly<Record<string, number>>): Row[] =>
  Object.entries(of)
    .sort(([, a], [, b]) => b - a)
    .map(([what, n]) => [grouped(n), what]);

/** A heading and a table, or nothing where there are no rows. */
function section(title: string, of: Readonly<Record<string, number>>, paint: Paint): string {
  const rows = counts(of);
  return rows.length === 0 ? '' : `\n${paint.bold(title)}\n${table(['count', ''], rows, 1)}`;
}

/** Everything a person wants to know first, verdicts on top. */
export function summaryText(summary: ReplaySummary, options: SummaryOptions): string {
  const { paint, seconds } = options;
  const { read, nat, flows } = summary;
  const rate = seconds > 0 ? `, ${grouped(Math.round(read.packets / seconds))} a second` : '';
  const bindings = Object.entries(nat.bindings).map(([manip, n]) => `${grouped(n)} ${manip}`);
  return [
    `${paint.bold(grouped(read.packets))} packets, ${grouped(read.bytes)} bytes${rate}\n`,
    `${grouped(flows)} connections${bindings.length === 0 ? '' : `, translated: ${bindings.join(', ')}`}\n\n`,
    fates(summary, paint),
    `\n${paint.bold('decided by')}\n`,
    decisions(summary, paint),
    section('connection state', summary.states, paint),
    nat.examples.length === 0
      ? ''
      : `\n${paint.bold('translations')}\n${nat.examples.map((e) => `  ${e}\n`).join('')}`,
    section('answers', summary.answers, paint),
    section('dropped by no rule', summary.drops, paint),
    section('not sent through', summary.skipped, paint),
    section('could not be evaluated', summary.depends, paint),
  ].join('');
}
