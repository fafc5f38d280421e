import { Argument, Command, Option } from 'commander';
import type { ListOptions } from './commands/list.ts';
import { LISTS } from './commands/lists.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { RunOptions } from './commands/run.ts';
import type { Console } from './console.ts';
import { networkCommands } from './network-program.ts';
import { collect, names, shard, wholeNumber } from './options.ts';
import { packageJson } from './package-root.ts';
import { InputError } from './scenario/problem.ts';

/** The `lab` command. Each subcommand's code loads only when it runs. */
export function labProgram(console: Console, exit: (code: number) => void): Command {
  const program = new Command('lab')
    .description(
      'Which traversal strategy connects which pair of NATs, how often, how fast, at what cost, and why not.',
    )
    .version(packageJson().version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('(`lab --help` says more)');
  program.addCommand(runCommand(console, exit));
  program.addCommand(replayCommand(console, exit));
  program.addCommand(reportCommand(console, exit));
  program.addCommand(compareCommand(console, exit));
  program.addCommand(listCommand(console, exit));
  program.addCommand(conformCommand(console, exit));
  for (const command of networkCommands(console, exit)) program.addCommand(command);
  program.addHelpText('after', EXIT_CODES);
  for (const command of program.commands) command.copyInheritedSettings(program).helpOption('-h, --help', 'print help');
  return program;
}

const EXIT_CODES = `
Results go to stdout, progress to stderr.
Exit codes: 0 done; 1 an expectation or a connection failed; 2 bad input; 3 the machine ended a sandbox of a kernel run
before it was up; 130 interrupted, what was finished is kept.`;

const PLUGIN_FILES = 'TypeScript or JavaScript with plugins of your own; may be repeated';

function runCommand(console: Console, exit: (code: number) => void): Command {
  return new Command('run')
    .summary('run every trial of a scenario')
    .description(
      'Runs every trial of a scenario and writes results.jsonl, run.json and report.html. The same scenario and seed ' +
        'give the same results.jsonl, byte for byte, whatever the number of workers.',
    )
    .argument('<scenario>', 'YAML file')
    .option('-o, --output <dir>', 'where the run goes; a previous run there is replaced (default: out/NAME)')
    .option('--seed <n>', "instead of the scenario's seed", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--trials <n>', "per cell, instead of the scenario's", wholeNumber(1, 1_000_000))
    .option(
      '--workers <n>',
      'how many at a time (default: a thread for each processor, three sandboxes with --on kernel, eight in mode each)',
      wholeNumber(1, 256),
    )
    .addOption(
      new Option('--on <world>', 'sim: the simulator; kernel: Linux NATs in network namespaces, in real time')
        .choices(['sim', 'kernel'])
        .default('sim'),
    )
    .option('--only-cell <glob>', 'only the cells whose id matches; * is any text, ? one character')
    .option('--shard <i/n>', 'only the i-th of n equal parts; `lab report` merges them', shard)
    .option('--plugin <file>', PLUGIN_FILES, collect)
    .addOption(
      new Option('--mode <mode>', "instead of the scenario's; this and the next three judge no expectation").choices([
        'race',
        'each',
      ]),
    )
    .option('--link <link>', "instead of the scenario's: a name, or what it does as a scenario writes it")
    .option('--plugins <plugins>', "only these take part, instead of the scenario's, joined by commas", names)
    .option('--without <plugins>', 'leave these plugins out, joined by commas', names)
    .option('--check', 'read the scenario and print its cells, but run nothing')
    .addHelpText(
      'after',
      `
Examples:
  lab run scenarios/classic.yaml
  lab run scenarios/classic.yaml --check
  lab run scenarios/classic.yaml --on kernel --trials 3 -o out/classic-kernel
  lab run scenarios/classic.yaml --only-cell 'symmetric,*' --trials 200 -o out/symmetric
  lab run scenarios/classic.yaml --shard 2/4 -o out/part-2
  lab run scenarios/classic.yaml --plugin ./mine.ts
  lab run scenarios/classic.yaml --without turn-relay,random-probe -o out/few
  lab run scenarios/classic.yaml --mode each --link '{ latency: 20ms, loss: 5% }' -o out/bad-lines`,
    )
    .action(async (file: string, options: RunOptions) => {
      const { run } = await import('./commands/run.ts');
      exit(await run(file, options, console));
    });
}

function replayCommand(console: Console, exit: (code: number) => void): Command {
  return new Command('replay')
    .summary('run one trial of a run again, packet by packet')
    .description(
      'Runs one trial of a run again and prints what happened in it: every packet, every NAT mapping, every drop and ' +
        'its reason. Exits with 1 if the trial does not go as it did in the run.',
    )
    .argument('<trial>', 'DIR#CELL/TRIAL, or DIR#CELL/TRIAL/PLUGIN of a run in mode each')
    .option('--plugin <file>', 'plugins instead of the files that the run was made with', collect)
    .addHelpText(
      'after',
      `
Examples:
  lab replay 'out/classic#full-cone,symmetric,broadband/0'
  lab replay 'out/classic-each#open,symmetric,broadband/7/tcp-punch'`,
    )
    .action(async (text: string, options: ReplayOptions) => {
      const { replay } = await import('./commands/replay.ts');
      exit(await replay(text, options, console));
    });
}

function reportCommand(console: Console, exit: (code: number) => void): Command {
  return new Command('report')
    .summary('make the report of one or more runs again')
    .description('Makes the report of a run again, or one report of several runs of a scenario, such as its shards.')
    .argument('<dir...>', 'what `lab run` wrote')
    .option('-o, --output <file>', 'where the report goes (default: DIR/report.html; report.html for several runs)')
    .addHelpText(
      'after',
      `
Examples:
  lab report out/classic
  lab report out/part-1 out/part-2 -o out/classic.html`,
    )
    .action(async (directories: string[], options: { output?: string }) => {
      const { report } = await import('./commands/report.ts');
      exit(await report(directories, options.output, console));
    });
}

function compareCommand(console: Console, exit: (code: number) => void): Command {
  return new Command('compare')
    .summary('compare two runs of a scenario, such as sim and kernel')
    .description(
      'Compares two runs of one scenario, cell by cell and plugin by plugin: what agrees, and where the runs exclude ' +
        'each other. Exits with 1 if they do anywhere.',
    )
    .argument('<first>', 'what `lab run` wrote, such as that of the simulator')
    .argument('<second>', 'the run to hold against it, such as one with `--on kernel`')
    .option('-o, --output <file>', 'where the report goes', 'compare.html')
    .addHelpText(
      'after',
      `
Examples:
  lab run scenarios/kernel-parity.yaml -o out/parity-sim
  lab run scenarios/kernel-parity.yaml --on kernel -o out/parity-kernel
  lab compare out/parity-sim out/parity-kernel -o out/parity.html`,
    )
    .action(async (first: string, second: string, options: { output: string }) => {
      const { compare } = await import('./commands/compare.ts');
      exit(await compare(first, second, options.output, console));
    });
}

function listCommand(console: Console, exit: (code: number) => void): Command {
  return new Command('list')
    .summary('list what there is to use in a scenario')
    .description(
      'Lists the NAT presets, the links, the plugins, the populations, or the scenarios that come with the lab.',
    )
    .addArgument(new Argument('[what]', 'what to list').choices(LISTS))
    .addHelpText('after', '\nExamples:\n  lab list nats\n  lab list scenarios')
    .option('--plugin <file>', PLUGIN_FILES, collect)
    .action(async (what: (typeof LISTS)[number] | undefined, options: ListOptions) => {
      if (what === undefined) throw new InputError(`say what to list: ${LISTS.join(', ')}`);
      const { list } = await import('./commands/list.ts');
      exit(await list(what, options, console));
    });
}

function conformCommand(console: Console, exit: (code: number) => void): Command {
  return new Command('conform')
    .summary('see if a plugin does what every plugin has to')
    .description(
      'Runs plugins through the conformance suite, in the simulator: pure plans, no socket left, an end to every ' +
        'attempt, the same again with the same seed, links that lose packets, and peers that talk nonsense.',
    )
    .argument('<plugin>', 'file with plugins of your own, or the name of one of the lab')
    .addHelpText('after', '\nExamples:\n  lab conform ./mine.ts\n  lab conform udp-punch')
    .action(async (what: string) => {
      const { conform } = await import('./commands/conform.ts');
      exit(await conform(what, console));
    });
}
