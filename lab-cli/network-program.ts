import { Command } from 'commander';
import type { NatOptions } from './commands/nat.ts';
import type { Console } from './console.ts';
import { address, family, hostPort } from './options.ts';

type Exit = (code: number) => void;

const STUN_PORT = 3478; // RFC 8489 section 18.6

/** The subcommands that use the real network. */
export function networkCommands(console: Console, exit: Exit): Command[] {
  return [natCommand(console, exit)];
}

function natCommand(console: Console, exit: Exit): Command {
  return new Command('nat')
    .summary('find out what NAT this machine is behind')
    .description(
      'Finds out what NATs and firewalls this machine is behind (RFC 5780), says it in plain words with evidence and ' +
        'confidence, or prints it as a preset for a scenario file. Only the servers that you name are contacted.',
    )
    .option('--stun <host[:port]>', 'a STUN server; give several if none has two addresses', hostPort(STUN_PORT))
    .option('--bind <address>', 'test from this address (default: every interface)', address)
    .option('--family <4|6>', 'only this version of IP (default: those that the servers have)', family)
    .option('--lifetime', 'measure also how long a silent mapping lives, which takes minutes')
    .option('--json', 'print JSON')
    .option('--preset [name]', 'print a preset for a scenario file, called NAME (default: measured)')
    .addHelpText(
      'after',
      `
Examples:
  lab nat --stun stun.example
  lab nat --stun 192.0.2.1:3478 --stun 198.51.100.1:3478 --json
  lab nat --stun stun.example --preset office >> my-scenario.yaml`,
    )
    .action(async (options: NatOptions) => {
      const { nat } = await import('./commands/nat.ts');
      exit(await nat(options, console));
    });
}
