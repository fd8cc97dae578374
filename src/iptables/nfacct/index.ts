/** Accounting objects in the words of nfacct(8). */
export { type AcctForm, acctListText } from './print.ts';
export {
  type AcctList,
  type AcctProblem,
  acctName,
  acctNumber,
  parseAcctList,
  readAcctLine,
} from './read.ts';
