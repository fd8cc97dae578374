import { type Command, describe } from '../../nft/index.ts';
import type { Answer } from './nft-query.ts';

export function answerDescribe({ expr }: Extract<Command, { kind: 'describe' }>): Answer {
  const answer = describe(expr);
  return typeof answer === 'string' ? { text: answer } : { problem: answer };
}
