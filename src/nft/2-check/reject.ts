// reject: which error a family can send, and the matches that make it possible.

import type { Span, StatementOf } from '../ast/index.ts';
import { protocolConflict, unknownSymbol } from '../diagnostics/index.ts';
import {
  type Datatype,
  findField,
  icmpCodeType,
  icmpv6CodeType,
  icmpxCodeType,
  numberOfUpper,
  protocol,
} from '../types/index.ts';
import { allocate, payloadOf } from './allocate.ts';
import type { RuleContext } from './context.ts';
import { knownWords, readLiteral } from './literals.ts';
import { refuse, refuseWith } from './refuse.ts';
import { requireProtocol } from './selectors.ts';
import type { RejectStmt } from './statement.ts';

type Ast = StatementOf<'reject'>;

interface Plan {
  readonly type: RejectStmt['type'];
  readonly family?: 'ip' | 'ip6';
  readonly code: number;
}

/** Port unreachable, in each of the three numberings. */
const PORT_UNREACHABLE = { ip: 3, ip6: 4, icmpx: 1 } as const;

const CODE_TYPES: Readonly<Record<'icmp' | 'icmpv6' | 'icmpx', Datatype>> = {
  icmp: icmpCodeType,
  icmpv6: icmpv6CodeType,
  icmpx: icmpxCodeType,
};

function readCode(cx: RuleContext, x: Ast, type: Datatype): number {
  if (x.code === undefined) return refuse('missing_argument', x.span, 'missing reject code');
  const code = allocate(x.code);
  if (code.kind !== 'symbol') return refuse('bad_reject', code.span, 'a reject code is constant');
  const number = readLiteral(code.text, type, cx.names);
  if (number === undefined) {
    return refuseWith(unknownSymbol(code.span, code.text, type.desc, knownWords(type)));
  }
  if (number > 255n) refuse('value_out_of_range', code.span, 'a reject code is 0 to 255');
  return Number(number);
}

/** The IP version the rule has established. */
const versionOf = (cx: RuleContext): string | undefined => cx.outer.layers.nh.desc?.name;

const unreachable = (family: 'ip' | 'ip6'): Plan => ({
  type: 'icmp',
  family,
  code: PORT_UNREACHABLE[family],
});

function defaultPlan(cx: RuleContext, span: Span): Plan {
  const { family } = cx.outer;
  if (family === 'ip' || family === 'ip6') return unreachable(family);
  if (family === 'arp') return refuse('wrong_family', span, 'cannot use reject with arp');
  const version = versionOf(cx);
  if (version === undefined) return { type: 'icmpx', code: PORT_UNREACHABLE.icmpx };
  if (version === 'ip' || version === 'ip6') return unreachable(version);
  return refuse('wrong_family', span, 'cannot reject this network family');
}

const TCP = 6;

function tcpReset(cx: RuleContext, span: Span): Plan {
  const transport = cx.outer.layers.th.desc;
  const from = cx.outer.layers.nh.desc ?? protocol('inet-service');
  if (transport !== undefined && numberOfUpper(from, transport) !== TCP) {
    refuseWith(protocolConflict(span, 'tcp', transport.name));
  }
  return { type: 'tcp-reset', code: 0 };
}

function planOf(cx: RuleContext, x: Ast): Plan {
  switch (x.type) {
    case undefined:
      return defaultPlan(cx, x.span);
    case 'tcp reset':
      return tcpReset(cx, x.span);
    case 'icmpx':
      return { type: 'icmpx', code: readCode(cx, x, CODE_TYPES.icmpx) };
    default: {
      const family = x.type === 'icmp' ? 'ip' : 'ip6';
      return { type: 'icmp', family, code: readCode(cx, x, CODE_TYPES[x.type]) };
    }
  }
}

/** The match goes to the front: `log` before it must not log what will not be rejected. */
function requireFirst(cx: RuleContext, proto: string, fieldName: string, span: Span): void {
  const description = protocol(proto);
  const field = findField(description, fieldName) ?? description.fields[0];
  if (field === undefined) return;
  cx.statements.unshift(requireProtocol(cx, payloadOf(description, field, span)));
}

function addDependency(cx: RuleContext, plan: Plan, span: Span): void {
  if (plan.type === 'tcp-reset') {
    if (cx.outer.layers.th.desc === undefined) requireFirst(cx, 'tcp', 'sport', span);
  } else if (plan.family !== undefined && cx.outer.layers.nh.desc === undefined) {
    const field = plan.family === 'ip' ? 'protocol' : 'nexthdr';
    requireFirst(cx, plan.family, field, span);
  }
}

function refuseWrongVersion(cx: RuleContext, plan: Plan, span: Span): void {
  const version = versionOf(cx);
  if (version === undefined) return;
  const isIp = version === 'ip' || version === 'ip6';
  if (plan.type === 'icmp' && version !== plan.family) {
    if (!isIp) refuse('wrong_family', span, 'cannot reject this network family');
    refuseWith(protocolConflict(span, plan.family ?? '', version));
  }
  // Without IP there is nothing to answer with; inet tables only see IP.
  const answers = cx.outer.family === 'inet' || isIp;
  if (!answers) refuse('wrong_family', span, 'cannot reject this network family');
}

export function evaluateReject(cx: RuleContext, x: Ast): RejectStmt {
  const plan = planOf(cx, x);
  const { family } = cx.outer;
  const { span } = x;
  switch (family) {
    case 'arp':
      return refuse('wrong_family', span, 'cannot use reject with arp');
    case 'ip':
    case 'ip6':
      if (plan.type === 'icmpx') {
        refuse('bad_reject', span, 'abstracted ICMP unreachable not supported', {
          hint: `use 'reject with ${family === 'ip' ? 'icmp' : 'icmpv6'}' in this table`,
        });
      }
      if (plan.type === 'icmp' && plan.family !== family) {
        refuseWith(protocolConflict(span, plan.family ?? '', family));
      }
      if (plan.type === 'tcp-reset') addDependency(cx, plan, span);
      break;
    default:
      refuseWrongVersion(cx, plan, span);
      if (plan.type !== 'icmpx') addDependency(cx, plan, span);
  }
  return { kind: 'reject', span, type: plan.type, code: plan.code };
}
