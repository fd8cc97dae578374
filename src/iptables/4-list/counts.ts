/** xtables_print_num(): from 100,000 on in thousands, millions and so on, unless told otherwise. */
export function shortCount(value: number, isExact: boolean): string {
  if (isExact || value <= 99_999) return `${value}`;
  let left = Math.floor((value + 500) / 1000);
  for (const unit of ['K', 'M', 'G']) {
    if (left <= 9999) return `${left}${unit}`;
    left = Math.floor((left + 500) / 1000);
  }
  return `${left}T`;
}
