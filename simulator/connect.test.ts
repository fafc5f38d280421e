import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { attackSuite } from '../core/node/attacks.suite.ts';
import { type ConnectLab, connectSuite } from '../core/node/connect.suite.ts';
import { startInfrastructure } from '../lab-cli/trial/infrastructure.ts';
import { symmetricLink, Topology, World } from './index.ts';

const makeLab = async (): Promise<ConnectLab> => {
  const world = new World({ seed: 'two nodes' });
  const topology = new Topology(world);
  const link = symmetricLink({ latencyUs: 20_000 });
  const side = (name: string) => topology.side(name, { nats: [resolveBehaviour({ translation: 'none' })], link }).host;
  const hosts = [side('alice'), side('bob')] as const;
  return {
    hosts,
    bind: [undefined, undefined],
    synsCross: true,
    start: () => startInfrastructure(topology),
    run: async (body) => {
      const result = await world.run(body);
      if (result.outcome === 'crashed') throw result.error;
      if (result.outcome !== 'done') throw new Error(result.outcome);
      return result.value;
    },
    close: async () => {},
  };
};

connectSuite('in the simulator, one of them public', makeLab);
attackSuite('in the simulator, one of them public', makeLab);
