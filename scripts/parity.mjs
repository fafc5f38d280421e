// `npm run parity [-- NAME…] [--trials N] [--workers N]`: holds the simulator against the kernel's own NATs. Runs each
// scenario in both worlds and compares them; exits with 1 where they disagree, and with 2 where the kernel lab can't run.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const SCENARIOS = [
  ...[
    'classic',
    'classic-each',
    'kernel-parity',
    'kernel-allocation',
    'kernel-policies',
    'kernel-lifetimes',
    'kernel-chains',
  ],
  ...['shapes-same-lan', 'shapes-same-nat', 'kernel-shared-cgn', 'kernel-subscribers'],
  ...['kernel-ipv6', 'kernel-ipv6-lan', 'kernel-families'],
];

process.chdir(new URL('..', import.meta.url).pathname);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trials: { type: 'string', default: '3' }, workers: { type: 'string' } },
});
const workers = values.workers === undefined ? [] : ['--workers', values.workers];
const summaries = [];
let worst = 0;
for (const name of positionals.length > 0 ? positionals : SCENARIOS) {
  const scenario = `scenarios/${name}.yaml`;
  const [sim, kernel] = ['sim', 'kernel'].map((world) => `out/parity/${name}-${world}`);
  // An expectation that fails in one world is not the question here: the comparison tells.
  run(['run', scenario, '-o', sim], 'ignore');
  const status = run(
    ['run', scenario, '--on', 'kernel', '--trials', values.trials, ...workers, '-o', kernel],
    'ignore',
  );
  if (status > 1) process.exit(status);
  const { status: verdict, stdout } = lab(['compare', sim, kernel, '-o', `out/parity/${name}.html`], 'pipe');
  worst = Math.max(worst, verdict ?? 2);
  process.stdout.write(`${name}\n${stdout}\n`);
  summaries.push(
    `${name.padEnd(20)}${stdout.split('\n').findLast((line) => / agree[:;]/.test(line)) ?? 'no comparison'}`,
  );
}
process.stdout.write(`${summaries.join('\n')}\n`);
process.exit(worst);

function run(args, stdout) {
  const { status, signal } = lab(args, stdout);
  if (signal !== null) process.exit(130);
  return status;
}

function lab(args, stdout) {
  return spawnSync(process.execPath, ['dist/lab-cli/main.js', ...args], {
    stdio: ['ignore', stdout, 'inherit'],
    encoding: 'utf8',
  });
}
