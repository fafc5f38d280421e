import { expect, it } from 'vitest';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { knownPlugins } from '../../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import { run } from '../outcomes/shipped.ts';

/** Before the dial's first signal is through, while both ends look at their NATs, after they have, just before they
 * meet, and between the proof and the word that the path is taken. */
const MOMENTS = ['60ms', '90ms', '110ms', '130ms', '150ms'];

function scenario(at: string, side: string, event: string) {
  const text = `schema: 1
name: mid-dial
seed: 7
trials: 1
nats: { unkept: { extends: port-restricted-cone, ports: { allocation: random } } }
axes:
  a: [full-cone, unkept, symmetric-sequential]
  b: [port-restricted-cone, unkept, symmetric-sequential]
  link: [broadband]
plugins: [direct-connect, reverse-connect, tcp-punch, udp-punch, random-probe]
events: [{ at: ${at}, side: ${side}, do: ${event} }]
`;
  return loadScenario(text, 'mid-dial', vocabulary(knownPlugins()));
}

it.each(['reboot', 'renumber'])(
  'a NAT that does this in the middle of a dial costs seconds, and no pair: %s',
  async (event) => {
    for (const at of MOMENTS) {
      for (const side of ['a', 'b']) {
        const ran = await run(scenario(at, side, event));
        const late = ran.filter(({ result }) => result.connectMs === null || result.connectMs > 5000);
        expect(late.map(({ cell, result }) => `${side} at ${at}: ${cell.id}: ${result.connectMs} ms`)).toEqual([]);
      }
    }
  },
  120_000,
);
