/** Where an attack is tried: over sockets of this machine, in the simulator, in both, or on bytes alone. */
export type World = 'both' | 'sockets' | 'simulator' | 'bytes';

/** An attack, what comes of it, and the tests that show it: a file, and words of a title in it. */
export interface Attack {
  readonly attack: string;
  readonly ends: string;
  readonly world: World;
  readonly tests: readonly (readonly [file: string, title: string])[];
}

const NODE = 'core/node/attacks.suite.ts';
const SESSIONS = 'core/node/sessions.test.ts';
const MIGRATION = 'core/node/migration-attacks.test.ts';
const SIGNAL = 'core/signal/signal.suite.ts';
const GATEWAY = 'core/port-mapping/hostile-gateway.test.ts';
const TURN_CLIENT = 'core/plugins/turn-relay/hostile-server.suite.ts';
const TURN_SERVER = 'core/servers/turn/abuse.test.ts';
const FRAMES = 'test/attacks/frames.test.ts';

/** The index of docs/security.md. */
export const ATTACKS: readonly Attack[] = [
  {
    attack: 'forged signal',
    ends: 'refused before anything is done',
    world: 'both',
    tests: [
      [SIGNAL, "a message in another's name is refused"],
      ['core/signal/opener.test.ts', "can't speak in another's name"],
    ],
  },
  {
    attack: 'replayed signal',
    ends: 'refused, also after the clock was set back',
    world: 'both',
    tests: [
      [SIGNAL, 'refused when it is played back'],
      ['core/signal/opener.test.ts', 'does not come back when the wall clock is set back'],
    ],
  },
  {
    attack: 'forged receipt',
    ends: 'costs one symmetric check, and is not believed',
    world: 'both',
    tests: [
      ['core/signal/receipts.suite.ts', 'a receipt is believed of the receiver alone'],
      ['core/signal/flood.test.ts', 'forged receipts cost one symmetric check each'],
    ],
  },
  {
    attack: 'man in the middle at the broker: replays, bends, diverts, drops',
    ends: 'keeps two nodes apart at worst',
    world: 'both',
    tests: [
      [NODE, 'replays, bends and diverts all signals'],
      [NODE, 'a broker that changes what passes through it'],
      ['core/signal/brokers.suite.ts', 'a broker that passes nothing on is found out'],
    ],
  },
  {
    attack: 'replayed handshake',
    ends: 'proves nothing: no pipe',
    world: 'both',
    tests: [[NODE, 'a handshake that was overheard proves nothing']],
  },
  {
    attack: 'impostor who answers on a punched port; a stranger’s packets into a punch',
    ends: 'not heard; the peer gets through beside them',
    world: 'both',
    tests: [[NODE, 'a stranger who sends into a punch']],
  },
  {
    attack: 'impostor who comes to a mapped port',
    ends: 'not answered: he does not know the secret',
    world: 'simulator',
    tests: [
      [
        'core/plugins/port-mapping/port-mapping.test.ts',
        'answers nobody at the mapped port who does not know the secret',
      ],
    ],
  },
  {
    attack: 'somebody else under the address of the peer',
    ends: 'no pipe: he does not hold the key',
    world: 'both',
    tests: [['core/node/connect.suite.ts', 'take nobody for the peer who does not hold the key']],
  },
  {
    attack: 'frames forged, replayed or altered on a proven path',
    ends: 'dropped, each number once',
    world: 'bytes',
    tests: [
      ['core/wire/sealed-frame.test.ts', 'opens under no other key, after no change, and not in part'],
      ['core/node/link/replay-window.test.ts', 'admits every number once'],
    ],
  },
  {
    attack: 'a stranger’s request to look for another path of somebody’s pipe, or of one that there is not',
    ends: 'refused by one short message, 64 at once, then 4 a second',
    world: 'simulator',
    tests: [
      [SESSIONS, 'refuses, by one short message'],
      [SESSIONS, 'for nobody else than its peer'],
    ],
  },
  {
    attack: 'copies of a pipe’s frames from another place, later, sooner, or in a third one’s name',
    ends: 'the path stays; the place gets fewer bytes than were copied',
    world: 'simulator',
    tests: [
      [MIGRATION, 'later, gets nothing for it'],
      [MIGRATION, 'sooner than the original'],
      [MIGRATION, 'has that place hear less than he has sent'],
      ['core/node/link/relocation.test.ts', 'sends no more bytes to a place than came from there'],
    ],
  },
  {
    attack: 'oversized, truncated and random frames of every protocol',
    ends: 'refused with a reason; no other error',
    world: 'bytes',
    tests: [
      [FRAMES, 'every decoder of the engine is in the table'],
      [FRAMES, 'wherever it is cut, or bent in one byte or two'],
      [FRAMES, 'streams that never make a message'],
    ],
  },
  {
    attack: 'frames without end at a listening port',
    ends: 'shown out: 64 connections of 1,024 bytes each, for 5 s',
    world: 'both',
    tests: [
      [NODE, 'noise and frames without end at the listening port'],
      ['core/node/strangers.test.ts', 'keeps no more than 64 of its connections'],
    ],
  },
  {
    attack: 'flood of signals',
    ends: '8 public-key operations a second, less than 4 MB kept',
    world: 'bytes',
    tests: [['core/signal/flood.test.ts', 'is refused at next to no cost, and keeps no memory']],
  },
  {
    attack: 'flood of requests for sessions',
    ends: '64 at once, then 4 a second; a friend is served beside it',
    world: 'both',
    tests: [
      [NODE, 'a flood of requests for sessions is cut to its rate'],
      ['core/node/strangers.test.ts', 'requests are paced'],
    ],
  },
  {
    attack: 'floods of name servers and of NTP servers',
    ends: 'answered within limits for each source',
    world: 'both',
    tests: [
      ['core/names/names.suite.ts', 'a flood of connections, of requests or of forgeries'],
      ['core/time/ntp.suite.ts', 'who asks too often is told so'],
    ],
  },
  {
    attack: 'floods of STUN and TURN servers',
    ends: 'answered within limits for each source',
    world: 'simulator',
    tests: [
      ['core/servers/stun/stun-server.test.ts', 'answers a source no faster than its limit'],
      [TURN_SERVER, 'make it answer floods of requests'],
    ],
  },
  {
    attack: 'reflection: a request in the name of a place that never asked',
    ends: 'the figures below',
    world: 'simulator',
    tests: [
      ['test/attacks/figures.test.ts', 'what a place that never asked can get of one request'],
      ['test/attacks/figures.test.ts', 'of many requests, it gets what there is for callers'],
    ],
  },
  {
    attack: 'malicious gateway: locations elsewhere, bombs, drips, lies',
    ends: 'not believed; 4 s and 64 KiB an exchange',
    world: 'simulator',
    tests: [
      [GATEWAY, 'sends nobody to %s'],
      [GATEWAY, 'is refused with %s'],
      [GATEWAY, 'does not hold us up by an answer that drips'],
      [GATEWAY, 'with lifetimes of a second'],
      ['core/port-mapping/port-mapper.test.ts', 'never takes a mapping of another host for its own'],
    ],
  },
  {
    attack: 'malicious answers to a TURN client',
    ends: 'ignored, or the end of this server; 300 is not followed',
    world: 'both',
    tests: [
      [TURN_CLIENT, 'redirects'],
      [TURN_CLIENT, 'for another transaction, unsigned, or under another key'],
      [TURN_CLIENT, 'data of peers that were never let in'],
      [TURN_CLIENT, 'nonce'],
    ],
  },
  {
    attack: 'a TURN server as a way into its network',
    ends: '403; no port of the server’s own',
    world: 'simulator',
    tests: [
      [TURN_SERVER, 'reach what else listens on the server’s machine'],
      [TURN_SERVER, 'have more than its share of an address'],
    ],
  },
  {
    attack: 'MQTT packets that are too long, sessions, wildcards',
    ends: 'the connection is closed',
    world: 'both',
    tests: [
      [SIGNAL, 'announces a packet too long'],
      ['core/servers/mqtt/mqtt-server.suite.ts', 'hands out no wildcard'],
    ],
  },
];
