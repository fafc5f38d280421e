/** One line of the benchmark's table. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/** How often something happens a second at best. The first of `rounds` warms up; the fastest of the rest counts. */
export async function bestRate(rounds: number, round: () => Promise<number> | number): Promise<number> {
  await round();
  let best = 0;
  for (let index = 1; index < rounds; index++) {
    const start = performance.now();
    const count = await round();
    best = Math.max(best, (count / (performance.now() - start)) * 1000);
  }
  return best;
}
