import { type OracleAnswer, type OracleLine, type OracleQuestion, oracle } from '../../reports/oracle.ts';
import type { Cell, LineSpec, ResolvedScenario } from '../scenario/types.ts';
import type { TrialSpec } from './trial-spec.ts';

/** By cell and by the plugin that runs alone: the oracle says the same of every trial. */
const answers = new WeakMap<ResolvedScenario, Map<string, OracleAnswer>>();

/** What the oracle says of the trial. */
export function verdictOf(spec: TrialSpec): OracleAnswer {
  const { scenario, cell, only } = spec;
  const known = answers.get(scenario) ?? new Map<string, OracleAnswer>();
  answers.set(scenario, known);
  const key = `${cell.id} ${only}`;
  const answer = known.get(key) ?? oracle(oracleQuestion(spec));
  known.set(key, answer);
  return answer;
}

/** What the oracle is to say of the trial. */
export function oracleQuestion({ scenario, cell, only }: TrialSpec): OracleQuestion {
  return {
    a: cell.a.map(({ behaviour }) => behaviour),
    b: cell.b.map(({ behaviour }) => behaviour),
    ...(isPlain(cell.lines) ? {} : { lines: { a: cell.lines.a.map(oracleLine), b: cell.lines.b.map(oracleLine) } }),
    topology: scenario.topology.name,
    isolated: scenario.topology.isolated,
    plugins: only === null ? scenario.plugins.map(({ name }) => name) : [only],
    knobs: {
      retries: scenario.plugins.find(({ name }) => name === 'tcp-punch')?.options.tries !== 1,
      searches: only === null && scenario.plugins.length > 1 ? 2 : 1,
      upheaval: (scenario.events ?? []).length > 0,
    },
  };
}

/** One IPv4 line each? */
function isPlain({ a, b }: Cell['lines']): boolean {
  return [a, b].every((lines) => lines.length === 1 && lines[0]!.family === 4);
}

function oracleLine({ nats, ...line }: LineSpec): OracleLine {
  return { ...line, nats: nats.map(({ behaviour }) => behaviour) };
}
