/** One measured value; the labels tell it from others of its name. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A metric as Prometheus knows them. A counter's name ends in `_total`. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** The text format of Prometheus, version 0.0.4. */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics.map(renderMetric).join('');
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function renderMetric({ name, help, type, samples }: Metric): string {
  const lines = samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

export function counter(name: string, help: string, samples: readonly Sample[] | number): Metric {
  return { name: `punchlab_${name}_total`, help, type: 'counter', samples: listed(samples) };
}

export function gauge(name: string, help: string, samples: readonly Sample[] | number): Metric {
  return { name: `punchlab_${name}`, help, type: 'gauge', samples: listed(samples) };
}

function listed(samples: readonly Sample[] | number): readonly Sample[] {
  return typeof samples === 'number' ? [{ value: samples }] : samples;
}
