/** The lab as a library: scenarios that tests and programs play trial by trial (docs/testing.md). */
export type {
  AttemptOutcome,
  AttemptResult,
  Mode,
  Outcome,
  Path,
  RunCell,
  SideNat,
  TrialResult,
} from '../../reports/schema.ts';
export { FileError, InputError, type Problem } from '../scenario/problem.ts';
export type { Prospect } from '../trial/prospect.ts';
export { anyNat } from './any-nat.ts';
export { openScenario, type PlayOptions, type Scenario, type ScenarioOptions } from './open-scenario.ts';
export type { NatData, ScenarioAxes, ScenarioData, SideData } from './scenario-data.ts';
